import { parse } from 'node-html-parser'
import type { ChangeRow } from '../../functions/domain/record/change-tree.ts'
import { mostChanges } from '../../functions/domain/record/change-tree.ts'
import { askedChangeSet, someRows } from '../support/change-sets/asked.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { prodParameter, sampleBundle, World } from '../support/world.ts'

/** The tree of a change set on the page of its request. */

const sample = sampleBundle()

/** The section as text by lines, with two spaces for each nested stack; and its markup. */
async function sectionOf(rows: readonly ChangeRow[] = someRows, { query = '', bundle = sample } = {}) {
  const world = new World(bundle)
  const id = await askedChangeSet(world, rows)
  const tab = Tab.of(world)
  await tab.logIn('person-ana')
  const { body } = await tab.go('GET', `/decide/${id}${query}`)
  const section = parse(body).querySelector('section[aria-labelledby="change-set"]')
  const lines = (section?.querySelectorAll('li') ?? []).map((item) => {
    const depth = item.toString() && section ? depthOf(item) : 0
    const own = parse(item.innerHTML.replace(/<ul[\s\S]*$/, ''))
      .text.replace(/\s+/g, ' ')
      .trim()
    return `${'  '.repeat(depth)}${own}`
  })
  return { section, lines, text: section?.text.replace(/\s+/g, ' ') ?? '', body }
}
const depthOf = (item: { parentNode: { closest(of: string): unknown } | null }): number => {
  let [depth, at] = [0, item.parentNode?.closest('li') as typeof item | null]
  for (; at; at = at.parentNode?.closest('li') as typeof item | null) depth += 1
  return depth
}

test('removals and replacements come first, what holds data is marked, and nested stacks are branches', async () => {
  const { lines, text } = await sectionOf()
  expect(lines).toEqual([
    'removed Orders AWS::DynamoDB::Table holds data',
    'changed Network AWS::CloudFormation::Stack holds data',
    '  may be replaced Bastion AWS::EC2::Instance holds data · KeyName',
    '  added Alarms AWS::SNS::Topic',
    'removed Archive AWS::S3::Bucket holds data · the resource itself stays, outside the stack',
    'changed Api AWS::Lambda::Function · Code, Timeout',
    'Jobs AWS::SQS::Queue',
    'ApiRole AWS::IAM::Role',
  ])
  expect(text).toContain('2 removed, 1 replaced, 2 changed, 1 added. 2 of them hold data, which is lost.')
})

test('resources that stay are folded, and everything is there without a script', async () => {
  const { section, body } = await sectionOf()
  const fold = section?.querySelector('details')
  expect([fold?.querySelector('summary')?.text, fold?.hasAttribute('open')]).toEqual([
    '2 resources stay as they are',
    false,
  ])
  expect(parse(body.replace(/<script[\s\S]*?<\/script>/g, '')).text).toContain('Orders')
})

test('the search keeps what it finds by name, type or property, below its nested stack, and opens the fold', async () => {
  const found = async (query: string) => sectionOf(someRows, { query: `?find=${query}` })
  expect((await found('keyname')).lines).toEqual([
    'changed Network AWS::CloudFormation::Stack holds data',
    '  may be replaced Bastion AWS::EC2::Instance holds data · KeyName',
  ])
  const { lines, text, section } = await found('ApiR')
  expect([lines, section?.querySelector('details')?.hasAttribute('open')]).toEqual([['ApiRole AWS::IAM::Role'], true])
  expect(text).toContain('1 resource found for ApiR. Show all')
  const odd = await found(encodeURIComponent('"><script>'))
  expect([odd.lines, odd.section?.querySelector('input')?.getAttribute('value')]).toEqual([[], '"><script>'])
})

test('500 changes are all on the page', async () => {
  const rows = Array.from(
    { length: mostChanges },
    (_, at): ChangeRow => ({ action: 'add', type: 'AWS::SNS::Topic', id: `T${at}` }),
  )
  const { lines, body } = await sectionOf(rows)
  expect([lines.length, body.length < 250_000]).toEqual([500, true])
})

test('the page says that the wall is a courtesy, unless the deployment says that only Hotwork executes change sets', async () => {
  expect((await sectionOf()).text).toContain(
    'This wall is a courtesy: others with the right may execute this change set',
  )
  const bundle = { ...sample, deployment: { ...sample.deployment, changesGuardrail: true } }
  const { text } = await sectionOf(someRows, { bundle })
  expect(text).toContain('This deployment says that only Hotwork may execute change sets here.')
  expect(text).not.toContain('courtesy')
})

test('a name of a resource is text, without markup and hidden characters', async () => {
  const { body } = await sectionOf([{ action: 'add', type: 'Custom::<b>', id: 'a\u202e<img src=x>' }])
  expect(body).toContain('<code>a[U+202E]&lt;img src=x&gt;</code>')
})

test('the page of another action has no such section', async () => {
  const world = new World(sample)
  const { ask } = await world.submitted(prodParameter)
  const tab = Tab.of(world)
  await tab.logIn('person-ana')
  expect((await tab.go('GET', `/decide/${ask.id}`)).body).not.toContain('change-set')
})
