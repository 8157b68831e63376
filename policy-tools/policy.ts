// Rules: test/client/policy/program.test.ts
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { SystemClock } from '../functions/adapters/system/system.ts'
import * as catalogueAdd from './verbs/catalogue/add.ts'
import * as catalogueCheck from './verbs/catalogue/check.ts'
import * as catalogueDraft from './verbs/catalogue/draft.ts'
import * as catalogueList from './verbs/catalogue/list.ts'
import * as catalogueShow from './verbs/catalogue/show.ts'
import * as check from './verbs/check.ts'
import * as diff from './verbs/diff.ts'
import * as explain from './verbs/explain.ts'
import * as exportVerb from './verbs/export.ts'
import { type Exit, exits, type Io, jsonText, WrongUsage } from './verbs/io.ts'
import * as plan from './verbs/plan.ts'
import * as prove from './verbs/prove.ts'
import * as replay from './verbs/replay.ts'

/**
 * A program for policy authors. `hotwork policy VERB` and `hotwork catalogue VERB` run it, with its options as one JSON argument, `{ "verb",
 * "json", ... }`. Exit 0 done, 1 a fault or problems found, 2 wrong usage, 6 a change that widens.
 */
type Verb<S extends z.ZodType> = { Options: S; run(options: z.infer<S>, io: Io): Promise<Exit> }
type Run = (given: unknown, io: Io) => Promise<Exit>

const parsing =
  <S extends z.ZodType>({ Options, run }: Verb<S>): Run =>
  (given, io) =>
    run(parse(Options, given), io)

/** Each verb is a file in `verbs/`. A new verb is one more line here, and one in `client/command-line/`. */
const verbs: { readonly [verb: string]: Run } = {
  check: parsing(check),
  plan: parsing(plan),
  explain: parsing(explain),
  diff: parsing(diff),
  replay: parsing(replay),
  prove: parsing(prove),
  export: parsing(exportVerb),
  'catalogue list': parsing(catalogueList),
  'catalogue show': parsing(catalogueShow),
  'catalogue add': parsing(catalogueAdd),
  'catalogue draft': parsing(catalogueDraft),
  'catalogue check': parsing(catalogueCheck),
}

async function main(argument: string | undefined, io: Io): Promise<Exit> {
  let json = false
  try {
    const { verb, ...options } = parse(Asked, readArgument(argument))
    json = options.json
    const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
    if (!run) throw new WrongUsage(`there is no verb \`${verb}\``, `there are: ${Object.keys(verbs).join(', ')}`)
    return await run(options, io)
  } catch (cause) {
    return tell(cause, json, io)
  }
}

const Asked = z.looseObject({ verb: z.string(), json: z.boolean().default(false) })

function readArgument(argument = ''): unknown {
  try {
    return JSON.parse(argument)
  } catch (cause) {
    throw new WrongUsage('it takes one argument, a JSON document', 'run `npx --no-install hotwork policy VERB`', {
      cause,
    })
  }
}

/** @throws WrongUsage */
function parse<S extends z.ZodType>(schema: S, given: unknown): z.infer<S> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new WrongUsage(`\`${issue?.path.join('.')}\`: ${issue?.message}`)
}

/** Prints in the form of the command line. */
function tell(cause: unknown, json: boolean, io: Io): Exit {
  const isUsage = cause instanceof WrongUsage
  const exit = isUsage ? exits.usage : exits.problems
  const title = isUsage ? cause.message : `hotwork itself failed (${cause})`
  const detail = isUsage ? cause.detail : cause instanceof Error ? cause.stack : undefined
  if (json) io.out(jsonText({ error: isUsage ? 'usage' : 'fault', title, detail, exit }))
  else io.err(`hotwork: ${title}\n${detail === undefined ? '' : `  ${detail}\n`}`)
  return exit
}

const clock = new SystemClock()
// Not awaited: the package has it as CommonJS.
void main(process.argv[2], {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  now: () => clock.now(),
  stdin: process.stdin,
  library: join(dirname(process.argv[1] ?? ''), 'library'),
}).then((exit) => {
  process.exitCode = exit
})
