import { parseArgs } from 'node:util'

export class UnusableOptions extends Error {
  override readonly name = 'UnusableOptions'
}

export const usage = `
npm run verify:aws -- --account ID      with AWS credentials of that test account and AWS_REGION in the environment
  --local          on the local emulator: tries the command itself, and says what only AWS answers
  --chapters LIST  of the demo, with commas between
  --keep           leaves all of it there, and says how to remove it
  --remove FOLDER  removes what an earlier run made, and does nothing else
With AWS_ENDPOINT_URL it runs on the emulator there. docs/verify-aws.md
`

const usualChapters = ['story', 'ledger', 'break-glass', 'drill', 'time', 'lag']

const second = 'it needs a second deployment, with seconds in place of minutes'
const target = 'it acts on a function or a role of the sample, which a run does not make'

/** Chapters of the demo that cannot be told here, and why. */
const untold: { readonly [chapter: string]: string } = {
  'break-glass-minute': second,
  'break-glass-end': second,
  silence: second,
  freeze: second,
  narrowed: target,
  mediated: target,
  examples: target,
  inventory: target,
  actual: 'AWS has a call on record after minutes, and the chapter waits for three',
  package: 'its agents call the local AWS alone',
  signals: 'the relay does not pass on what this machine can be told to send',
}

export type Options = ReturnType<typeof readOptions>

/**
 * @param names of all chapters
 * @throws UnusableOptions
 */
export function readOptions(args: string[], names: readonly string[]) {
  const { account, local, chapters, keep, remove } = parse(args)
  if (account !== undefined && !/^\d{12}$/.test(account)) throw new UnusableOptions('--account takes twelve digits')
  if (local && (keep || remove !== undefined))
    throw new UnusableOptions('--local has nothing to keep and to remove later: the emulator ends with the command')
  const chosen = chapters?.split(',').map((name) => name.trim()) ?? usualChapters
  const possible = names.filter((name) => !(name in untold)).join(', ')
  for (const name of chosen) {
    if (name in untold)
      throw new UnusableOptions(`the chapter \`${name}\` cannot be told here: ${untold[name]}. These can: ${possible}`)
    if (!names.includes(name)) throw new UnusableOptions(`there is no chapter \`${name}\`: choose of ${possible}`)
  }
  return { account, local, keep, remove, chapters: chosen }
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        account: { type: 'string' },
        local: { type: 'boolean', default: false },
        chapters: { type: 'string' },
        keep: { type: 'boolean', default: false },
        remove: { type: 'string' },
      },
    })
    return values
  } catch (fault) {
    throw new UnusableOptions((fault as Error).message)
  }
}
