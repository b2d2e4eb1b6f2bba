"""WeRoBot as it comes, on bottle: every text is said again. Sessions, which would go to a file, are off."""

from werobot import WeRoBot
from werobot.messages.messages import TextMessage

from bench.bots.account import APP_ID, KEY, TOKEN

robot = WeRoBot(token=TOKEN, app_id=APP_ID, encoding_aes_key=KEY)
robot.config["SESSION_STORAGE"] = False


def echo(message: TextMessage) -> str:
    """The text again."""
    text: str = message.content
    return text


robot.add_handler(echo, type="text")
app = robot.wsgi
