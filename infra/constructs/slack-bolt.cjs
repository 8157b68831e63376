// Stands in for @slack/bolt/dist/index.js, which loads all that Bolt has: of it Hotwork has an app and one receiver. 3 KB.
exports.App = require('./App').default
exports.AwsLambdaReceiver = require('./receivers/AwsLambdaReceiver').default
