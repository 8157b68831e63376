// Stands in for @slack/web-api/dist/index.js, which names all that there is: this is what Bolt and Hotwork take of it. 2 KB.
// What is taken and is not here is undefined, so test/slack/manifest.test.ts holds this list to the code.
const { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } = require('./errors')
const { addAppMetadata } = require('./instrument')
const { LogLevel } = require('./logger')
const { WebClient } = require('./WebClient')

module.exports = {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  addAppMetadata,
  LogLevel,
  WebClient,
}
