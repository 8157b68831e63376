const { default: Sequencer } = require('@jest/test-sequencer')

/** The files that take longest. They come first, or one worker would run alone at the end. */
const long = [
  'domain/model/model-checker',
  'domain/model/plans/plans',
  'client/command-line/examples',
  'local/start',
  'infra/sizes',
  'infra/resources',
  'policies/plan',
]
const rank = ({ path }) =>
  (long.findIndex((name) => path.endsWith(`/test/${name}.test.ts`)) + long.length + 1) % (long.length + 1)

/** Jest's own order, by times of earlier runs or by size, after these. */
module.exports = class extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other))
  }
}
