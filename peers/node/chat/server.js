'use strict';
// The chat server of the article.

const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const flags = require('../flags');
const { chat } = require('../proto').load('chat/chat.proto');

const BROADCAST = [
  'Welcome to the broadcast!',
  'Here is message #1.',
  'And here is message #2.',
  'Broadcast finished.',
];

const says = (content) => ({ user: 'Server', content });

function sayHello(call, callback) {
  const { user, content } = call.request;
  console.log(`Received Unary message from ${user}: ${content}`);
  callback(null, says(`Hello, ${user}! Thanks for your message.`));
}

async function broadcastMessages(call, pace) {
  console.log(`Received Broadcast request from ${call.request.user}`);
  for (const content of BROADCAST) {
    if (call.cancelled) return;
    call.write(says(content));
    await sleep(pace); // Simulate work
  }
  call.end();
}

function uploadStream(call, callback) {
  let count = 0;
  let lastUser = '';
  call.on('data', (message) => {
    console.log(`Received message from client stream: ${message.content}`);
    lastUser = message.user;
    count += 1;
  });
  call.on('end', () => {
    if (call.cancelled) return;
    console.log(`Upload stream finished. Received ${count} messages.`);
    callback(null, says(`Finished receiving stream from ${lastUser}. Got ${count} messages.`));
  });
}

function chatStream(call) {
  call.on('data', ({ user, content }) => {
    console.log(`Received message in ChatStream from ${user}: ${content}`);
    if (!call.write(says(`Echo: ${content}`))) {
      call.pause();
      call.once('drain', () => call.resume());
    }
  });
  call.on('end', () => call.end());
}

/** Reads 500ms, 2s or 0; in milliseconds. */
function milliseconds(text) {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text === '0' ? '0s' : text) ?? [];
  if (number === undefined) {
    throw new Error(`--pace wants a duration such as 500ms, not '${text}'`);
  }
  return Number(number) * (unit === 's' ? 1000 : 1);
}

function main() {
  const { listen, pace } = flags.parse(
    {
      listen: { type: 'string', default: '127.0.0.1:50051' },
      pace: { type: 'string', default: '500ms' },
    },
    (values) => ({ ...values, pace: milliseconds(values.pace) }),
  );

  const server = new grpc.Server();
  server.addService(chat.ChatService.service, {
    SayHello: sayHello,
    BroadcastMessages: (call) => broadcastMessages(call, pace),
    UploadStream: uploadStream,
    ChatStream: chatStream,
  });
  server.bindAsync(listen, grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      console.error(error.message);
      process.exit(1);
    }
    console.log(`listening on ${listen.slice(0, listen.lastIndexOf(':'))}:${port}`);
  });
  process.once('SIGTERM', () => {
    server.tryShutdown(() => process.exit(0));
    setTimeout(() => process.exit(0), 30_000).unref(); // For the calls under way
  });
}

main();
