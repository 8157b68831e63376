// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { defined } from '../http.ts'
import { withBundleFiles } from '../policy/bundle-file.ts'
import { explainRequest } from '../policy/explain.ts'
import { showObserved } from '../policy/observed.ts'
import { type Asked, runPolicyProgram } from '../policy/program.ts'
import { pullRegistry } from '../policy/pull.ts'
import { type ReplayTyped, replay } from '../policy/replay.ts'
import { showBundle } from '../policy/show.ts'
import { type Frame, typedOf } from './frame.ts'

type Login = { json: boolean; api?: string; as?: string }

/** The verbs of policy authors. Each runs a file of `policy-tools/verbs/`. */
export function addPolicyVerbs(program: Command, { verb, act, contextOf, surroundings, done }: Frame): void {
  const policy = program.command('policy').description('A policy folder: its faults, and its effects.')
  const runs = async (...given: unknown[]) => {
    const { api, as, ...typed } = typedOf<Omit<Asked, 'verb'> & Login>(given)
    const login = () => contextOf({ ...defined({ api, as }), json: typed.json })
    const verb = (given.at(-1) as Command).name()
    done(await withBundleFiles(typed, login, (asked) => runPolicyProgram({ verb, ...asked }, surroundings)))
  }

  verb(policy, 'check', 'list all faults of a policy folder, as the build does')
    .addArgument(folder())
    .addOption(deployment())
    .option('--write-schema', 'first update the generated part of hotwork.cedarschema', false)
    .option('--out <file>', 'write the bundle that the folder compiles to')
    .action(runs)
  verb(policy, 'plan', 'predict a request: its tier and the reasons, its approvers, its grant')
    .argument('<file>', 'an AuthZEN evaluation, as `hotwork request` takes it; - is standard input')
    .option('--policies <folder>', 'the policy folder', 'policies')
    .addOption(deployment())
    .addOption(
      new Option('--recent <n>', 'the number of requests for this action in the hour before')
        .argParser(count)
        .default(0),
    )
    .addOption(
      new Option('--host <answer>', 'what IAM says of the acts of the host alone')
        .choices(['allowed', 'denied', 'unknown'])
        .default('unknown'),
    )
    .action(runs)
  verb(policy, 'explain', "the reasons for a recorded request's tier, under the policies of its time")
    .argument('<request>', 'req_...')
    .option('--under <policies>', 'explain it under these policies: a policy folder, the file of a bundle, or its hash')
    .addOption(deployment())
    .action(act(explainRequest))
  verb(policy, 'diff', 'the differences in what two policy folders permit, each with an example')
    .argument('<old>', 'a policy folder, the file of a bundle, or the hash of one that was deployed')
    .argument('<new>', 'the same, changed')
    .addOption(deployment())
    .option('--accept', 'accept a widening: exit 0')
    .action(runs)
  verb(policy, 'replay', 'the recorded decisions that these policies would change')
    .argument('[new]', 'a policy folder, the file of a bundle, or the hash of one that was deployed')
    .option('--own', 'replay each entry under the policies that decided it, in place of NEW', false)
    .addOption(
      new Option('--ledger <file>', 'the output of `hotwork ledger export`; - is standard input').conflicts('since'),
    )
    .option('--since <time>', 'the ledger of this Hotwork since this time: RFC 3339, or a span such as 30d')
    .addOption(deployment())
    .action(async (...given: unknown[]) => {
      const typed = typedOf<ReplayTyped & Login>(given)
      const login = () => contextOf(typed)
      done(await withBundleFiles(typed, login, (asked: ReplayTyped) => replay(asked, surroundings, login)))
    })
  verb(policy, 'observed', 'the effects that observed policies would have had, by the record')
    .option('--since <time>', 'since this time: RFC 3339, or a span such as 7d or P7D', '7d')
    .option('--policy <id>', 'only this policy')
    .action(act(showObserved))
  verb(policy, 'show', 'the bundle of a deployment, by the hash in entries')
    .argument('<hash>', 'the `bundle` of an entry: sha-256:...')
    .option('--out <file>', 'a new file for the bundle, which `policy diff` and `policy replay` take')
    .action(act(showBundle))
  verb(policy, 'pull', 'write registry.json: the agents that people registered at run time')
    .addArgument(folder())
    .action(act(pullRegistry))
  verb(policy, 'prove', 'prove properties for all possible questions, by Cedar’s symbolic compiler and cvc5')
    .addArgument(folder())
    .addOption(deployment())
    .option(
      '--than <old>',
      'also prove that they permit nothing that these refuse: a folder, the file of a bundle, or its hash',
    )
    .addOption(new Option('--sample <n>', 'test this number of random questions instead of a proof').argParser(count))
    .addOption(new Option('--seed <n>', 'the seed of the sample').argParser(count))
    .addOption(new Option('--limit <seconds>', 'the time limit for each question to the solver').argParser(count))
    .option('--verbose', 'list each property and its assumptions')
    .action(runs)
  verb(
    policy,
    'export',
    'write the files by which a cluster holds agents to their acts: admission, RBAC, authentication',
  )
    .addArgument(new Argument('<kind>', 'the kind of target').choices(['kubernetes']))
    .requiredOption('--target <alias>', 'the target in the deployment file')
    .requiredOption('--deployment <file>', 'the deployment file')
    .option('--policies <folder>', 'the policy folder, or the file of a bundle', 'policies')
    .option('--out <folder>', 'the folder for the files; by default KIND/ALIAS')
    .option('--check', 'write nothing, and say which files are missing or differ', false)
    .action(async (...given: unknown[]) => {
      const typed = typedOf<Login>(given)
      const { api: _, as: __, ...options } = typed
      const issuer = contextOf(typed).settings.apiUrl
      done(await runPolicyProgram({ verb: 'export', issuer, ...options }, surroundings))
    })
}

const folder = () => new Argument('[folder]', 'the policy folder').default('policies')

const deployment = () =>
  new Option(
    '--deployment <file>',
    'the deployment file, which defines the aliases; without it each alias counts as declared',
  )

function count(typed: string): number {
  if (/^\d{1,6}$/.test(typed)) return Number(typed)
  throw new InvalidArgumentError('It is a whole number, 0 or more.')
}
