'use strict';
// The command line: a wrong flag is one line on stderr, and exit code 2.

const fs = require('node:fs');
const { parseArgs } = require('node:util');

/** Reads flags of the form that parseArgs wants; `check` may throw. */
exports.parse = (options, check) => {
  try {
    const { values } = parseArgs({ options });
    return check(values);
  } catch (error) {
    console.error(error.message.split('\n')[0]);
    process.exit(2);
  }
};

exports.natural = (flag, text) => {
  if (!/^\d+$/.test(text)) {
    throw new Error(`--${flag} wants a whole number from 0, not '${text}'`);
  }
  return Number(text);
};

exports.boolean = (flag, text) => {
  if (!['true', 'false'].includes(text)) {
    throw new Error(`--${flag} wants true or false, not '${text}'`);
  }
  return text === 'true';
};

exports.file = (flag, path) => {
  if (!path) throw new Error(`--${flag} is missing`);
  try {
    return fs.readFileSync(path);
  } catch (error) {
    throw new Error(`--${flag}: ${error.message}`);
  }
};
