// Lets Python tests talk to the vendored wechat-crypto: one JSON question a line in, one JSON answer a line out.
const WXBizMsgCrypt = require('./vendor/wechat-crypto');

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { act, token, key, appId, timestamp, nonce, text } = JSON.parse(line);
  const theirs = new WXBizMsgCrypt(token, key, appId);
  const sealed = act === 'seal' ? theirs.encrypt(text) : text;
  const signature = theirs.getSignature(timestamp, nonce, sealed);
  const opened = act === 'open' ? theirs.decrypt(sealed) : {};
  process.stdout.write(JSON.stringify({ sealed, signature, ...opened }) + '\n');
});
