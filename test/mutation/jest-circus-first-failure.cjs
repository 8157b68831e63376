const { default: circus } = require('jest-circus/runner')
const { createEmptyTestResult } = require('@jest/test-result')

let killed

/** A mutant that one file of tests has killed needs no other file. Stryker cannot ask jest to stop there. */
module.exports = async (...run) => {
  const mutant = process.env.__STRYKER_ACTIVE_MUTANT__
  if (mutant !== undefined && killed === mutant)
    return { ...createEmptyTestResult(), testFilePath: run[4], skipped: true }
  const result = await circus(...run)
  if (result.numFailingTests > 0) killed = mutant
  return result
}
