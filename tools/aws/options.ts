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

const usualChapters = ['story', 'ledger', 'break-glass', 'time', 'lag']

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
  const unknown = chosen.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new UnusableOptions(`there is no chapter \`${unknown}\`: choose of ${names.join(', ')}`)
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
