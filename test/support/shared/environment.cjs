const { TestEnvironment } = require('jest-environment-node')

/** The one world of all test files that a worker runs, in which the modules of runtime.cjs stay. */
let world
let symbols

/** Each test file begins with the environment variables of the worker, its own state of jest and a real clock. */
module.exports = function SharedEnvironment(config, context) {
  if (world === undefined) {
    world = new TestEnvironment(config, context)
    world.teardown = async () => world.fakeTimersModern.useRealTimers()
    symbols = new Set(Object.getOwnPropertySymbols(world.global))
  }
  // Jest keeps the tests of a file, and those who hear of them, by symbols.
  for (const symbol of Object.getOwnPropertySymbols(world.global)) if (!symbols.has(symbol)) delete world.global[symbol]
  const { env } = world.global.process
  for (const name of Object.keys(env)) if (!(name in process.env)) delete env[name]
  Object.assign(env, process.env)
  return world
}
