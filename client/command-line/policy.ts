// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { defined } from '../http.ts'
import { withBundleFiles } from '../policy/bundle-file.ts'
import { explainRequest } from '../policy/explain.ts'
import { showObserved } from '../policy/observed.ts'
import { type Asked, runPolicyProgram } from '../policy/program.ts'
import { type ReplayTyped, replay } from '../policy/replay.ts'
import { showBundle } from '../policy/show.ts'
import { type Frame, typedOf } from './frame.ts'

type Login = { json: boolean; api?: string; as?: string }

/** The verbs of policy authors. Each runs a file of `policy-tools/verbs/`. */
export function addPolicyVerbs(program: Command, { verb, act, contextOf, surroundings, done }: Frame): void {
  const policy = program.command('policy').description('A policy folder: whether it is right, and what it does.')
  const runs = async (...given: unknown[]) => {
    const { api, as, ...typed } = typedOf<Omit<Asked, 'verb'> & Login>(given)
    const login = () => contextOf({ ...defined({ api, as }), json: typed.json })
    const verb = (given.at(-1) as Command).name()
    done(await withBundleFiles(typed, login, (asked) => runPolicyProgram({ verb, ...asked }, surroundings)))
  }

  verb(policy, 'check', 'all that the build would find wrong with a policy folder')
    .addArgument(folder())
    .addOption(deployment())
    .option('--write-schema', 'bring the generated part of hotwork.cedarschema up to date first', false)
    .option('--out <file>', 'write the bundle that the folder compiles to')
    .action(runs)
  verb(policy, 'plan', 'what would come of a request: which tier and why, who decides, what the grant is')
    .argument('<file>', 'an AuthZEN evaluation, as `hotwork request` takes it; - is standard input')
    .option('--policies <folder>', 'the policy folder', 'policies')
    .addOption(deployment())
    .addOption(
      new Option('--recent <n>', 'how many requests for this action there were in the hour before')
        .argParser(count)
        .default(0),
    )
    .action(runs)
  verb(policy, 'explain', 'why a recorded request needs its tier, under the policies by which it was asked for')
    .argument('<request>', 'req_...')
    .option('--under <policies>', 'under these in their place: a policy folder, the file of a bundle, or its hash')
    .addOption(deployment())
    .action(act(explainRequest))
  verb(policy, 'diff', 'what one policy folder permits more than another, and what less, each with an example')
    .argument('<old>', 'a policy folder, the file of a bundle, or the hash of one that was deployed')
    .argument('<new>', 'the same, changed')
    .addOption(deployment())
    .option('--accept', 'what it widens is meant: exit 0')
    .action(runs)
  verb(policy, 'replay', 'which recorded decisions would be others under these policies')
    .argument('[new]', 'a policy folder, the file of a bundle, or the hash of one that was deployed')
    .option('--own', 'each entry under the policies that decided it, in place of NEW', false)
    .addOption(
      new Option('--ledger <file>', 'what `hotwork ledger export` wrote; - is standard input').conflicts('since'),
    )
    .option('--since <time>', 'the ledger of this Hotwork from then on: RFC 3339, or a span such as 30d')
    .addOption(deployment())
    .action(async (...given: unknown[]) => {
      const typed = typedOf<ReplayTyped & Login>(given)
      const login = () => contextOf(typed)
      done(await withBundleFiles(typed, login, (asked: ReplayTyped) => replay(asked, surroundings, login)))
    })
  verb(policy, 'observed', 'what observed policies would have done, by the record')
    .option('--since <time>', 'from then on: RFC 3339, or a span such as 7d or P7D', '7d')
    .option('--policy <id>', 'of this policy alone')
    .action(act(showObserved))
  verb(policy, 'show', 'the bundle of a deployment, by the hash that entries have')
    .argument('<hash>', 'sha-256:... of `bundle` in an entry')
    .option('--out <file>', 'where the bundle is written: a new file, which `policy diff` and `policy replay` take')
    .action(act(showBundle))
  verb(policy, 'prove', 'what holds of all possible questions, by Cedar’s symbolic compiler and cvc5')
    .addArgument(folder())
    .addOption(deployment())
    .option(
      '--than <old>',
      'also that they permit nothing which these refuse: a folder, the file of a bundle, or its hash',
    )
    .addOption(new Option('--sample <n>', 'try it on so many random questions instead: no proof').argParser(count))
    .addOption(new Option('--seed <n>', 'of the sample').argParser(count))
    .addOption(new Option('--limit <seconds>', 'for each question to the solver').argParser(count))
    .option('--verbose', 'each property, and what is assumed')
    .action(runs)
}

const folder = () => new Argument('[folder]', 'the policy folder').default('policies')

const deployment = () =>
  new Option('--deployment <file>', 'what the aliases mean where it is deployed; else each counts as declared')

function count(typed: string): number {
  if (/^\d{1,6}$/.test(typed)) return Number(typed)
  throw new InvalidArgumentError('It is a whole number, 0 or more.')
}
