// Rules: test/client/command-line/examples.test.ts
import { type Command, Option } from 'commander'
import { defined } from '../http.ts'
import { runPolicyProgram } from '../policy/program.ts'
import { type Frame, typedOf } from './frame.ts'

/** The verbs of the catalogue, for policy authors. Each runs a file of `policy-tools/verbs/catalogue/`. */
export function addCatalogueVerbs(program: Command, { verb, surroundings, done }: Frame): void {
  const catalogue = program
    .command('catalogue')
    .description('Entries of the catalogue: those that come with Hotwork, and your own.')
  const runs = async (...given: unknown[]) => {
    const { api: _, as: __, json, ...typed } = typedOf<{ api?: string; as?: string; json: boolean }>(given)
    const asked = { verb: `catalogue ${(given.at(-1) as Command).name()}`, json, ...defined(typed) }
    done(await runPolicyProgram(asked, surroundings))
  }

  verb(catalogue, 'list', 'the entries that come with Hotwork, by incident, with what each leaves open')
    .argument('[words...]', 'only entries with each of these words in name, title or incident')
    .action(runs)
  verb(catalogue, 'show', 'one of them: what is pinned by which key, what is open, preview, undo, and what you decide')
    .argument('<name>', 'such as lambda:UpdateAlias')
    .action(runs)
  verb(catalogue, 'add', 'write some of them into a policy folder; nothing is written over')
    .argument('<names...>', 'such as ecs:StopTask')
    .addOption(policies())
    .addOption(account())
    .action(runs)
  verb(catalogue, 'draft', 'write a first entry of any other action of AWS, by IAM’s service reference')
    .argument('<action>', 'such as ec2:RebootInstances')
    .option('--skeleton <file>', 'the members of the call: what `aws ... --generate-cli-skeleton` prints')
    .addOption(policies())
    .addOption(account())
    .action(runs)
  verb(
    catalogue,
    'check',
    'which argument is pinned by which key, in each entry of a policy folder, and which keys, resources and actions IAM does not have',
  )
    .argument('[folder]', 'the policy folder', 'policies')
    .addOption(
      new Option(
        '--deployment <file>',
        'the deployment file, which defines the aliases; without it each alias counts as declared',
      ),
    )
    .action(runs)
}

const policies = () => new Option('--policies <folder>', 'the policy folder').default('policies')
const account = () => new Option('--account <alias>', 'the account of the deployment file in which it acts')
