'use strict';
// The stack's version.

console.log(require('@grpc/grpc-js/package.json').version);
