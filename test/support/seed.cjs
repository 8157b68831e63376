const fc = require('fast-check')

// The same random cases in each run of `npm test`, and others each week in `npm run test:deep`.
fc.configureGlobal({ seed: process.env['HOTWORK_DEEP'] ? Date.now() : 20_261_203 })
