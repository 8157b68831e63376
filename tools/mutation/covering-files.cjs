const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { default: Sequencer } = require('@jest/test-sequencer')
const { subjectOf, testsOf } = require('./subjects.ts')

const state = process.env.HOTWORK_MUTATION_STATE
/** The file that each mutant changes, as sample.mjs keeps it. */
let files
const file = join(process.env.HOTWORK_MADE_ONCE, 'names-of-tests.json')
/** The turn in which a file last killed a mutant: it often kills the next one too. */
const kills = new Map()
let turn = 0

/**
 * Loads only the files with tests that reach the mutant and belong to its subject. Stryker names the tests, and jest
 * would load every file to find them. The first run, without a mutant, records the tests of each file and its time.
 */
module.exports = class extends Sequencer {
  #pattern

  constructor(options) {
    super(options)
    this.#pattern = options.globalConfig.testNamePattern
  }

  sort(tests) {
    if (!this.#pattern || !existsSync(file)) return super.sort(tests)
    const known = JSON.parse(readFileSync(file, 'utf8'))
    const pattern = new RegExp(this.#pattern, 'i')
    const rank = ({ path }) => (kills.get(path) ?? 0) * 1e6 - known[path].took
    files ??= JSON.parse(readFileSync(join(state, 'files.json'), 'utf8'))
    const own = testsOf(subjectOf(files[process.env.__STRYKER_ACTIVE_MUTANT__]))
    const places = own.flatMap((name) => [`/test/${name}/`, `/test/${name}.test.ts`])
    return tests
      .filter(({ path }) => places.some((place) => path.includes(place)))
      .filter(({ path }) => known[path]?.names.some((name) => pattern.test(name)))
      .toSorted((one, other) => rank(other) - rank(one))
  }

  cacheResults(_tests, { testResults }) {
    if (process.env.__STRYKER_ACTIVE_MUTANT__ === undefined) {
      const known = testResults.map(({ testFilePath, testResults, perfStats }) => [
        testFilePath,
        { names: testResults.map(({ fullName }) => fullName), took: perfStats.end - perfStats.start },
      ])
      writeFileSync(file, JSON.stringify(Object.fromEntries(known)))
      return
    }
    turn += 1
    for (const { testFilePath, numFailingTests } of testResults) if (numFailingTests > 0) kills.set(testFilePath, turn)
  }
}
