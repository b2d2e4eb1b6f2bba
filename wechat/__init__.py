"""The wire: envelope, messages, client and errors of the WeChat platform."""
