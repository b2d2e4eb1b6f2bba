// The node package `wechat` on express, as its documentation has it, in a cluster: every text is said again.
// node express_echo.js PORT WORKERS TOKEN KEY APP_ID

const cluster = require('cluster');
const [port, workers, token, encodingAESKey, appid] = process.argv.slice(2);

if (cluster.isPrimary) {
  for (let number = 0; number < Number(workers); number += 1) cluster.fork();
  process.on('SIGTERM', () => process.exit(0)); // the workers follow when the channel to them closes
} else {
  const express = require('express');
  const wechat = require('wechat');
  const app = express();
  app.use('/wechat', wechat({ token, appid, encodingAESKey }, (request, response) => {
    response.reply(request.weixin.Content);
  }));
  app.listen(Number(port), '127.0.0.1');
}
