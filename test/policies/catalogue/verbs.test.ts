import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as add from '../../../policy-tools/verbs/catalogue/add.ts'
import * as check from '../../../policy-tools/verbs/catalogue/check.ts'
import * as draft from '../../../policy-tools/verbs/catalogue/draft.ts'
import * as list from '../../../policy-tools/verbs/catalogue/list.ts'
import * as show from '../../../policy-tools/verbs/catalogue/show.ts'
import { WrongUsage } from '../../../policy-tools/verbs/io.ts'
import { runVerb } from '../run-verb.ts'
import { Copy } from '../sample.ts'

/** `hotwork catalogue`, as policy authors run it. */

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
const bodyOf = ({ out }: { out: string }): any => JSON.parse(out)

describe('list', () => {
  test('each entry has a line with name, tier, what it leaves open, title and incidents', async () => {
    const { exit, out } = await runVerb(list, { words: [], json: false })
    expect(exit).toBe(0)
    expect(out.split('\n')[0]).toMatch(/^NAME +TIER +OPEN +TITLE +FOR$/)
    expect(out).toMatch(/^lambda:UpdateAlias +1 +Name, FunctionVersion +Point the alias .* a bad release$/m)
  })

  test('words leave the entries that have them in name, title or incident', async () => {
    const names = async (...words: string[]) =>
      bodyOf(await runVerb(list, { words, json: true })).entries.map(({ name }: { name: string }) => name)
    expect(await names('poisoned', 'queue')).toEqual(
      expect.arrayContaining(['sqs:PurgeQueue', 'lambda:UpdateEventSourceMapping']),
    )
    expect(await names('poisoned', 'queue')).not.toContain('ec2:RebootInstances')
    expect(await names('REBOOT')).toEqual(['ec2:RebootInstances', 'rds:RebootDBInstance'])
    const none = await runVerb(list, { words: ['dance'], json: false })
    expect(none).toMatchObject({ exit: 0, err: expect.stringContaining('`dance`') })
  })
})

describe('show', () => {
  test('an entry is described with its pins, what is open, its undo and what its author decides', async () => {
    const { out } = await runVerb(show, { name: 'lambda:UpdateEventSourceMapping', json: false })
    expect(out).toMatch(/^pinned +UUID: by the ARN$/m)
    expect(out).toMatch(/^pinned +FunctionName: by `lambda:FunctionArn`$/m)
    expect(out).toMatch(/^open +Enabled: it may be turned on or off/m)
    expect(out).toMatch(/^undo .*lambda:UpdateEventSourceMapping$/m)
    expect(out).toMatch(/^decide +`account`: the account in which it acts/m)
  })

  test('an entry of a run is described with its definition as the preview, its follower and its cancel', async () => {
    const { out } = await runVerb(show, { name: 'runbook:RestartInstance', json: false })
    expect(out).toMatch(/^gives +mediated$/m)
    expect(out).toMatch(/^preview +the definition of the run/m)
    expect(out).toMatch(/^run +followed by ssm:GetAutomationExecution for at most PT1H, stopped by ssm:Stop/m)
    const { out: ofFunction } = await runVerb(show, { name: 'lambda:InvokeFunction', json: false })
    expect(ofFunction).toMatch(/^run +it has ended when it answers$/m)
  })

  test('a key that no call may carry, and an argument that Hotwork itself sends, are told', async () => {
    const alike = await runVerb(show, { name: 'secretsmanager:rotatesecret', json: false })
    expect(alike.out).toMatch(/^always +Null secretsmanager:RotationLambdaARN true$/m)
    const mediated = bodyOf(await runVerb(show, { name: 'dynamodb:UpdateItem', json: true }))
    expect(mediated.pins.arguments).toContainEqual({
      argument: 'UpdateExpression',
      pinned: true,
      by: ['Hotwork, which makes the call'],
    })
    expect(mediated.entry.name).toBe('dynamodb:UpdateItem')
  })

  test('an unknown name is wrong usage that tells the names of its service, or how to draft it', async () => {
    const unknown = (name: string) => runVerb(show, { name, json: false })
    await expect(unknown('lambda:UpdateAliases')).rejects.toThrow(WrongUsage)
    await expect(unknown('lambda:UpdateAliases')).rejects.toMatchObject({
      detail: expect.stringMatching(/lambda:UpdateAlias,.*hotwork catalogue draft lambda:UpdateAliases/),
    })
    await expect(unknown('glue:StopCrawler')).rejects.toMatchObject({
      detail: expect.stringContaining('catalogue list'),
    })
  })
})

describe('add', () => {
  test('entries are written with their questions, which the build then refuses by file, line and fix', async () => {
    using copy = new Copy()
    const policies = copy.at('policies')
    const written = bodyOf(
      await runVerb(add, { names: ['ec2:RebootInstances', 'sqs:PurgeQueue'], policies, json: true }),
    ).written
    expect(written.map(({ name }: { name: string }) => name)).toEqual(['ec2:RebootInstances', 'sqs:PurgeQueue'])
    const [{ file, todos }] = written
    expect(file).toBe(join(policies, 'actions/ec2.reboot-instances.json'))
    const line = copy.lineOf('policies/actions/ec2.reboot-instances.json', '"account"')
    expect(todos).toEqual([{ file, line, message: expect.any(String), fix: expect.stringContaining('alias') }])
    expect(copy.compile()).toMatchObject({
      ok: false,
      problems: [
        { file: 'policies/actions/ec2.reboot-instances.json', line, message: '`account` is still to be decided' },
        { file: 'policies/actions/sqs.purge-queue.json' },
      ],
    })
  })

  test('an account on the command line is the answer to its question', async () => {
    using copy = new Copy()
    const policies = copy.at('policies')
    const ran = await runVerb(add, { names: ['ec2:RebootInstances'], policies, account: 'target', json: false })
    expect(ran.out).not.toContain('is still to be decided')
    expect(JSON.parse(readFileSync(copy.at('policies/actions/ec2.reboot-instances.json'), 'utf8'))).toMatchObject({
      account: 'target',
    })
  })

  test.each<[what: string, spoil: (copy: Copy) => void]>([
    ['a file of its name', (copy) => copy.add('policies/actions/sqs.purge-queue.json', '{}')],
    [
      'an entry of its name in another file',
      (copy) => copy.add('policies/actions/mine.json', '{ "name": "sqs:PurgeQueue" }'),
    ],
  ])('nothing is written over: %s stops all of them', async (_what, spoil) => {
    using copy = new Copy()
    spoil(copy)
    const before = readdirSync(copy.at('policies/actions'))
    const ran = runVerb(add, {
      names: ['ec2:RebootInstances', 'sqs:PurgeQueue'],
      policies: copy.at('policies'),
      json: false,
    })
    await expect(ran).rejects.toMatchObject({ name: 'WrongUsage', message: expect.stringContaining('sqs:PurgeQueue') })
    expect(readdirSync(copy.at('policies/actions'))).toEqual(before)
  })

  test('a folder without actions is wrong usage', async () => {
    const ran = runVerb(add, { names: ['sqs:PurgeQueue'], policies: 'nowhere', json: false })
    await expect(ran).rejects.toMatchObject({ name: 'WrongUsage', detail: expect.stringContaining('--policies') })
  })
})

describe('draft', () => {
  test('a draft has the ARN of its resource, and asks for what is a person’s to decide', async () => {
    using copy = new Copy()
    const body = bodyOf(
      await runVerb(draft, { action: 'ec2:rebootinstances', policies: copy.at('policies'), json: true }),
    )
    expect(body.entry).toMatchObject({
      name: 'ec2:RebootInstances',
      mutates: true,
      statement: { resources: ['arn:{partition}:ec2:{region}:{account}:instance/{arguments.InstanceId}'] },
    })
    expect(body.written[0].todos.map(({ message }: { message: string }) => message)).toEqual(
      ['group', 'account', 'undo.possible', 'undo.how'].map((path) => `\`${path}\` is still to be decided`),
    )
  })

  test('the words say that IAM has no members of the call, and how to give them', async () => {
    using copy = new Copy()
    const { out } = await runVerb(draft, { action: 'ec2:StopInstances', policies: copy.at('policies'), json: false })
    expect(out).toMatch(/^open +every other member of the call: .*--skeleton FILE/)
    expect(out).toContain('ec2.stop-instances.json:')
  })

  test('with a skeleton, each member is an argument, pinned by its key or told to be open', async () => {
    using copy = new Copy()
    copy.remove('policies/actions/ssm.put-parameter.json')
    const skeleton = copy.at('skeleton.json')
    writeFileSync(skeleton, JSON.stringify({ Name: '', Value: '', Overwrite: true, Tier: 'Standard' }))
    const options = { action: 'ssm:PutParameter', policies: copy.at('policies'), skeleton, json: true }
    const body = bodyOf(await runVerb(draft, options))
    expect(body).toMatchObject({ found: ['ssm:Overwrite'], keysToDecide: ['ssm:Policies'] })
    expect(body.open).toEqual(['Value', 'Tier'])
    expect(body.entry.statement).toMatchObject({
      conditions: { StringEquals: { 'ssm:Overwrite': '{arguments.Overwrite}' } },
      whenAbsent: { Overwrite: { Null: { 'ssm:Overwrite': 'true' } } },
    })
  })

  test.each([
    ['an action that IAM does not have', 'ec2:RebootInstance', /RebootInstances/],
    ['a service that IAM does not have', 'ec3:Reboot', /as IAM does/],
    ['an action that the boundary of the target role refuses', 'iam:CreateUser', /more rights/],
  ])('%s is wrong usage', async (_what, action, detail) => {
    const ran = runVerb(draft, { action, policies: 'policies', json: false })
    await expect(ran).rejects.toMatchObject({ name: 'WrongUsage', detail: expect.stringMatching(detail) })
  })

  test('a skeleton that is no JSON object is wrong usage', async () => {
    using copy = new Copy()
    copy.add('skeleton.json', '[]')
    const ran = runVerb(draft, {
      action: 'ec2:StopInstances',
      policies: copy.at('policies'),
      skeleton: copy.at('skeleton.json'),
      json: false,
    })
    await expect(ran).rejects.toMatchObject({
      name: 'WrongUsage',
      detail: expect.stringContaining('--generate-cli-skeleton'),
    })
    expect(existsSync(copy.at('policies/actions/ec2.stop-instances.json'))).toBe(false)
  })
})

describe('check', () => {
  const checked = (copy: Copy) =>
    runVerb(check, { folder: copy.at('policies'), deployment: copy.at('deployment.json'), json: true })

  test('each argument of the sample is pinned by its keys, or open in words, and IAM agrees', async () => {
    using copy = new Copy()
    const ran = await checked(copy)
    expect(ran.exit).toBe(0)
    const byName = Object.fromEntries(bodyOf(ran).entries.map((each: { name: string }) => [each.name, each]))
    expect(byName['ssm:PutParameter']).toMatchObject({
      arguments: [
        { argument: 'Name', pinned: true, by: ['resource'] },
        { argument: 'Value', pinned: false, by: [], open: expect.stringContaining('any value') },
        { argument: 'Overwrite', by: ['ssm:Overwrite'] },
      ],
      always: ['StringEqualsIfExists ssm:Policies false'],
    })
    expect(byName['flags:set'].arguments[0]).toEqual({ argument: 'environment', pinned: true, by: ['the gate'] })
    const words = await runVerb(check, { folder: copy.at('policies'), json: false })
    expect(words.out).toMatch(/^ecs:UpdateService\n {2}pinned +cluster: by the ARN and `ecs:cluster`$/m)
  })

  test.each<[what: string, spoil: (entry: Spoilt) => void, message: RegExp, at: string]>([
    [
      'a key that is not the action’s',
      ({ statement }) =>
        Object.assign(statement, { conditions: { Null: { 'ssm:Overwrites': 'true' } }, whenAbsent: {} }),
      /`ssm:Overwrites` is no condition key/,
      '"ssm:Overwrites"',
    ],
    [
      'an ARN of another type',
      ({ statement }) =>
        Object.assign(statement, { resources: ['arn:{partition}:ssm:{region}:{account}:document{arguments.Name}'] }),
      /IAM compares no such ARN/,
      ':document',
    ],
    [
      'an action that IAM spells otherwise',
      ({ statement }) => statement.actions.push('ssm:putParameter'),
      /IAM calls it `ssm:PutParameter`/,
      '"ssm:putParameter"',
    ],
    [
      'an action that IAM does not have',
      ({ statement }) => statement.actions.push('ssm:PutParam'),
      /no `ssm:PutParam`/,
      '"ssm:PutParam"',
    ],
  ])('%s is told by file and line, with exit code 1', async (_what, spoil, message, at) => {
    using copy = new Copy()
    const file = 'policies/actions/ssm.put-parameter.json'
    copy.editJson(file, spoil)
    const ran = await checked(copy)
    const problems = bodyOf(ran).entries.flatMap((each: { problems: object[] }) => each.problems)
    expect([ran.exit, problems]).toEqual([
      1,
      [
        {
          file: copy.at(file),
          line: copy.lineOf(file, at),
          message: expect.stringMatching(message),
          fix: expect.any(String),
        },
      ],
    ])
    expect((await runVerb(check, { folder: copy.at('policies'), json: false })).err).toMatch(message)
  })

  test('a folder that is not well formed is told as the build tells it', async () => {
    using copy = new Copy()
    copy.editJson('policies/actions/ssm.put-parameter.json', (entry) => Object.assign(entry, { account: 'TODO' }))
    expect(await checked(copy)).toMatchObject({
      exit: 1,
      out: expect.stringContaining('`account` is still to be decided'),
    })
  })
})

type Spoilt = { statement: { actions: string[]; resources: string[] } }
