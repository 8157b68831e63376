import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Assembly, root, said, sealedAccounts, synthesize } from './support/assembly.ts'
import { functionOf, nameOf, resourcesOf, textOf } from './support/template.ts'

/** Accounts with a sealed role, so that all alarms there are are there. */
let assembly: Assembly
beforeAll(() => {
  assembly = synthesize(sealedAccounts)
}, 180_000)

const all = (type: string) => resourcesOf(assembly.hotwork, type)
const alarms = () =>
  all('AWS::CloudWatch::Alarm').map(([id, { Properties }]) => {
    const [dimension] = (Properties['Dimensions'] ?? []) as { Value: unknown }[]
    return {
      id: id.replace(/^Alarms/, '').replace(/[0-9A-F]{8}$/, ''),
      metric: String(Properties['MetricName']),
      namespace: String(Properties['Namespace']),
      of: textOf(dimension?.Value ?? ''),
      properties: Properties,
    }
  })

/** The JSON lines that are counted, and as which metric. */
const counted = () =>
  all('AWS::Logs::MetricFilter').flatMap(([, { Properties }]) => {
    const [transformation] = Properties['MetricTransformations'] as { MetricName: string; MetricNamespace: string }[]
    const pattern = String(Properties['FilterPattern'])
    return [...pattern.matchAll(/\$\.message = "([^"]+)"/g)].map(([, message = '']) => ({
      message,
      metric: `${transformation?.MetricNamespace} ${transformation?.MetricName}`,
    }))
  })

test('functions write one log, and what is counted is counted in it', () => {
  const [group, ...others] = new Set(
    all('AWS::Lambda::Function').map(([, { Properties }]) =>
      textOf((Properties['LoggingConfig'] as { LogGroup: unknown }).LogGroup),
    ),
  )
  expect(others).toEqual([])
  for (const [, { Properties }] of all('AWS::Logs::MetricFilter'))
    expect(textOf(Properties['LogGroupName'])).toBe(group)
})

test('each line names its function', () => {
  for (const [, { Properties }] of all('AWS::Lambda::Function')) {
    const { Variables } = Properties['Environment'] as { Variables: { [name: string]: unknown } }
    expect(Variables['POWERTOOLS_SERVICE_NAME']).toBe(functionOf(Properties))
  }
})

test('a function that fails is counted, whichever it is, by what Lambda itself reports of each invocation', () => {
  const [pattern, ...others] = all('AWS::Logs::MetricFilter')
    .map(([, { Properties }]) => String(Properties['FilterPattern']))
    .filter((each) => each.includes('platform.report'))
  expect([pattern, others]).toEqual(['{ ($.type = "platform.report") && ($.record.status != "success") }', []])
  for (const [, { Properties }] of all('AWS::Lambda::Function'))
    expect(Properties['LoggingConfig']).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'INFO' })
  expect(alarms().map(({ id }) => id)).toContain('FunctionErrors')
})

test('those whose failure cannot wait until somebody has looked which it is have an alarm of their own', () => {
  const alone = alarms().filter(({ metric }) => metric === 'Errors')
  expect(alone.map(({ id }) => id).sort()).toEqual([
    'DeclareHaltErrors',
    'HandOnErrors',
    'OpenBreakGlassErrors',
    'WriteDeniesErrors',
  ])
})

test('alarms are paid for by the month, and as many as docs/performance.md says', () => {
  const published = /(\d+) alarms in the main stack/.exec(readFileSync(join(root, 'docs/performance.md'), 'utf8'))
  // That of the dead letters of a bus is there only where a sealed role is in another account or Region.
  expect(alarms().filter(({ id }) => id !== 'SealedBellDeadLetters')).toHaveLength(Number(published?.[1]))
})

test('an alarm watches every dead letter, the age of every queue, how executions end and the API', () => {
  const of = (metric: string, type: string, which = /./) =>
    all(type)
      .map(([id]) => id)
      .filter((id) => which.test(id))
      .map((id) => `${metric} of ${textOf({ Ref: id })}`.replace(/>$/, '.QueueName>'))
  expect(alarms().map(({ metric, of: what }) => `${metric} of ${what}`)).toEqual(
    expect.arrayContaining([
      ...of('ApproximateNumberOfMessagesVisible', 'AWS::SQS::Queue', /DeadLetters/),
      ...of('ApproximateAgeOfOldestMessage', 'AWS::SQS::Queue', /^(?!.*DeadLetters)/),
      'ExecutionsFailed of <Workflow>',
      'ExecutionsTimedOut of <Workflow>',
      'ExecutionsAborted of <Workflow>',
      '5xx of <Api>',
    ]),
  )
})

test('an alarm tells the topic that the deployer named, and is quiet where nothing is reported', () => {
  for (const { properties } of alarms())
    expect([properties['AlarmActions'], properties['TreatMissingData']]).toEqual([[said.alarmTopic], 'notBreaching'])
})

test('what lets a session work that should not is looked at every minute, and that the record was changed', () => {
  const urgent = alarms().filter(({ properties }) => properties['Period'] === 60)
  expect(urgent.map(({ id }) => id).sort()).toEqual([
    'BreakGlassOutlived',
    'DeniesQueueAge',
    'DenyFailed',
    'HandOnFailed',
    'LedgerTampered',
    'RevocationLag',
    'SealedRoleUsed',
    'SignalsHeldBack',
  ])
})

/**
 * What is counted though it is no error: how long denies take, that break-glass is used, and how people decide, which is
 * to be looked at and wakes nobody.
 */
const shown = ['decision_measured', 'wait_measured']
const opened = 'break_glass_opened'
const measured = ['deny_written', opened, ...shown]

test('whoever may use break-glass says so in the log, by the line that is counted', () => {
  expect(counted().filter(({ message }) => message === opened)).toHaveLength(1)
  const code = readFileSync(join(assembly.functions, 'open-break-glass', 'index.js'), 'utf8')
  expect(code).toContain(`.warn("${opened}"`)
})

test('each message that is counted in logs raises an alarm of its name, but for how people decide', () => {
  const watched = alarms().filter(({ namespace }) => namespace.startsWith('Hotwork/'))
  for (const { id, metric } of watched) expect(metric).toBe(id)
  const metrics = watched.map(({ namespace, metric }) => `${namespace} ${metric}`)
  const alarming = counted().filter(({ message }) => !shown.includes(message))
  const failures = metrics.filter((metric) => metric.endsWith(' FunctionErrors'))
  expect(failures).toHaveLength(1)
  expect(metrics.sort()).toEqual([...new Set([...failures, ...alarming.map(({ metric }) => metric)])].sort())
})

/** What has another alarm: a message that names no request goes to the dead letters of its queue. */
const watchedElsewhere = ['card_failed']

test('how people decide is counted by stage, and names nobody', () => {
  const filters = all('AWS::Logs::MetricFilter').flatMap(([, { Properties }]) =>
    shown.some((line) => String(Properties['FilterPattern']).includes(line))
      ? (Properties['MetricTransformations'] as { MetricName: string; Dimensions: unknown }[])
      : [],
  )
  expect(filters.map(({ MetricName }) => MetricName).sort()).toEqual(['HardlyRead', 'Silence', 'TimeToDecide'])
  for (const { Dimensions } of filters) expect(Dimensions).toEqual([{ Key: 'Stage', Value: '$.stage' }])
})

test("every error that a function's code can log is counted once, and nothing else is", () => {
  const sources = readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'functions', file), 'utf8'))
  const messages = new Set(
    sources.flatMap((source) => [...source.matchAll(/log\.error\(\s*'([^']+)'/g)].map(([, message = '']) => message)),
  )
  expect(messages.size).toBeGreaterThan(8)
  const logged = all('AWS::Lambda::Function').flatMap(([, { Properties }]) => {
    const name = functionOf(Properties)
    const code = readFileSync(join(assembly.functions, name, 'index.js'), 'utf8')
    return [...messages].filter(
      (message) => !watchedElsewhere.includes(message) && code.includes(`.error("${message}"`),
    )
  })
  expect(
    counted()
      .filter(({ message }) => !measured.includes(message))
      .map(({ message }) => message)
      .sort(),
  ).toEqual([...new Set(logged)].sort())
})

/** What a person does of their own accord. */
const procedures = ['halt.md', 'rotate-signing-key.md']

test('every alarm has its runbook, named like it, and every runbook its alarm', () => {
  const kebab = (id: string) => id.replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
  // One page for all functions that throw: what to do is the same.
  const ofTargets = Object.values(assembly.targets).flatMap((target) =>
    resourcesOf(target, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => {
      const [, id = ''] = /^(\w+): /.exec(String(Properties['AlarmDescription'])) ?? []
      return { id, metric: '' }
    }),
  )
  expect(ofTargets).toHaveLength(4)
  const told = [...alarms(), ...ofTargets]
  const wanted = told.map(({ id, metric }) => (metric === 'Errors' ? 'function-errors' : kebab(id)))
  const pages = readdirSync(join(root, 'docs/runbooks')).filter((file) => !['README.md', ...procedures].includes(file))
  expect(pages.sort()).toEqual([...new Set(wanted)].sort().map((page) => `${page}.md`))
  const index = readFileSync(join(root, 'docs/runbooks/README.md'), 'utf8')
  const table = readFileSync(join(root, 'docs/runbooks/function-errors.md'), 'utf8')
  for (const { id } of told) expect(index).toContain(`\`${id}\``)
  // Which function it is decides what to do.
  const names = all('AWS::Lambda::Function').map(([id]) => nameOf(id))
  for (const name of names) expect(table).toContain(`\`${name}\``)
  for (const page of pages) expect(index).toContain(`(${page})`)
})
