const { default: circus } = require('jest-circus/runner')
const { createEmptyTestResult } = require('@jest/test-result')

let killed
// Jest reports a file without a test as a fault.
const notNeeded = {
  title: 'not needed',
  fullName: 'not needed',
  status: 'pending',
  ancestorTitles: [],
  failureMessages: [],
}
const skipped = { ...createEmptyTestResult(), numPendingTests: 1, testResults: [notNeeded] }

/** A killed mutant needs no other file of tests. Stryker cannot tell jest to stop there. */
module.exports = async (...run) => {
  const mutant = process.env.__STRYKER_ACTIVE_MUTANT__
  if (mutant !== undefined && killed === mutant) return { ...skipped, testFilePath: run[4] }
  const result = await circus(...run)
  if (result.numFailingTests > 0) killed = mutant
  return result
}
