import { appendFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Multiples of the golden ratio: a run that is cut off has taken a sample spread evenly over all files. */
const rankOf = (id) => (Number(id) * 0.6180339887498949) % 1

const state = process.env.HOTWORK_MUTATION_STATE
const keep = (result) => {
  const { id, fileName, location, mutatorName, replacement, status } = result
  const [file, line] = [relative(process.cwd(), fileName), location.start.line]
  const kept = { rank: rankOf(id), status, file, line, mutatorName, replacement }
  appendFileSync(join(state, 'results.jsonl'), `${JSON.stringify(kept)}\n`)
}

export const strykerPlugins = [
  {
    kind: 'Checker',
    name: 'spread',
    value: {
      init: async () => undefined,
      group: async (mutants) => mutants.map(({ id }) => [id]).toSorted(([one], [other]) => rankOf(one) - rankOf(other)),
      check: async (mutants) => Object.fromEntries(mutants.map(({ id }) => [id, { status: 'passed' }])),
    },
  },
  {
    kind: 'Reporter',
    name: 'lines',
    value: {
      onMutationTestingPlanReady: ({ mutantPlans }) => {
        const files = mutantPlans.map(({ mutant }) => [mutant.id, relative(process.cwd(), mutant.fileName)])
        writeFileSync(join(state, 'files.json'), JSON.stringify(Object.fromEntries(files)))
        for (const { plan, mutant } of mutantPlans) if (plan === 'Run') keep({ ...mutant, status: 'Planned' })
      },
      onMutantTested: keep,
    },
  },
]
