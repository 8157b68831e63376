import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { troubles } from '../../infra/troubles.ts'
import { read, root } from '../support/repository.ts'
import { said, sealedAccounts, synthesize } from './support/assembly.ts'
import { functionOf, nameOf, resourcesOf, textOf, variablesIn } from './support/template.ts'

/** Accounts with a sealed role, so that the templates have every alarm. */
const assembly = synthesize(sealedAccounts)

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

/** The counted JSON lines, each with its metric. */
const counted = () =>
  all('AWS::Logs::MetricFilter').flatMap(([, { Properties }]) => {
    const [transformation] = Properties['MetricTransformations'] as { MetricName: string; MetricNamespace: string }[]
    const pattern = String(Properties['FilterPattern'])
    return [...pattern.matchAll(/\$\.message = "([^"]+)"/g)].map(([, message = '']) => ({
      message,
      metric: String(transformation?.MetricName),
    }))
  })

test('all functions write one log, and every metric counts in it', () => {
  const [group, ...others] = new Set(
    all('AWS::Lambda::Function').map(([, { Properties }]) =>
      textOf((Properties['LoggingConfig'] as { LogGroup: unknown }).LogGroup),
    ),
  )
  expect(others).toEqual([])
  for (const [, { Properties }] of all('AWS::Logs::MetricFilter'))
    expect(textOf(Properties['LogGroupName'])).toBe(group)
})

test('each log line names its function', () => {
  for (const [name, variables] of Object.entries(variablesIn(assembly.hotwork)))
    expect(variables['POWERTOOLS_SERVICE_NAME']).toBe(name)
})

test("every failing function is counted, by Lambda's own report of each invocation", () => {
  const [pattern, ...others] = all('AWS::Logs::MetricFilter')
    .map(([, { Properties }]) => String(Properties['FilterPattern']))
    .filter((each) => each.includes('platform.report'))
  expect([pattern, others]).toEqual(['{ ($.type = "platform.report") && ($.record.status != "success") }', []])
  for (const [, { Properties }] of all('AWS::Lambda::Function'))
    expect(Properties['LoggingConfig']).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'INFO' })
  expect(alarms().map(({ id }) => id)).toContain('FunctionErrors')
})

test('functions whose failure is urgent have an alarm of their own', () => {
  const alone = alarms().filter(({ metric }) => metric === 'Errors')
  expect(alone.map(({ id }) => id).sort()).toEqual([
    'DeclareHaltErrors',
    'HandOnErrors',
    'OpenBreakGlassErrors',
    'WriteDeniesErrors',
  ])
})

test('an alarm watches every dead letter, the age of every queue and the API', () => {
  const of = (metric: string, type: string, which = /./) =>
    all(type)
      .map(([id]) => id)
      .filter((id) => which.test(id))
      .map((id) => `${metric} of ${textOf({ Ref: id })}`.replace(/>$/, '.QueueName>'))
  expect(alarms().map(({ metric, of: what }) => `${metric} of ${what}`)).toEqual(
    expect.arrayContaining([
      ...of('ApproximateNumberOfMessagesVisible', 'AWS::SQS::Queue', /DeadLetters/),
      ...of('ApproximateAgeOfOldestMessage', 'AWS::SQS::Queue', /^(?!.*DeadLetters)/),
      '5xx of <Api>',
    ]),
  )
})

test('an execution that fails, times out or is stopped is reported to the function that logs it', () => {
  const [rule] = all('AWS::Events::Rule').filter(([id]) => id.includes('EarlyEnds'))
  expect(rule?.[1].Properties).toMatchObject({
    EventPattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
    },
  })
  const { EventPattern, Targets } = (rule?.[1].Properties ?? {}) as {
    EventPattern: { detail: { stateMachineArn: unknown[] } }
    Targets: { Arn: unknown }[]
  }
  expect(EventPattern.detail.stateMachineArn).toHaveLength(all('AWS::StepFunctions::StateMachine').length)
  expect(Targets.map(({ Arn }) => nameOf(textOf(Arn)))).toEqual([expect.stringContaining('FollowWorkflow')])
})

test("an alarm notifies the deployer's topic, and is quiet without data", () => {
  for (const { properties } of alarms())
    expect([properties['AlarmActions'], properties['TreatMissingData']]).toEqual([[said.alarmTopic], 'notBreaching'])
})

test('alarms on a session that works too long or a changed record look every minute', () => {
  const urgent = alarms().filter(({ properties }) => {
    const [query] = (properties['Metrics'] ?? []) as { Period?: number }[]
    return properties['Period'] === 60 || query?.Period === 60
  })
  expect(urgent.map(({ id }) => id).sort()).toEqual([
    'DeniesQueueAge',
    'KubernetesDeniesAge',
    'RevocationLag',
    'Troubles',
  ])
})

/** Lines that are counted as measures, not as errors: the time of denies, uses of break-glass, and how people decide. */
const shown = ['decision_measured', 'wait_measured']
const opened = 'break_glass_opened'
const measured = ['deny_written', opened, ...shown]

test('an opening is logged by the line that is counted', () => {
  expect(counted().filter(({ message }) => message === opened)).toHaveLength(1)
  const code = readFileSync(join(assembly.functions, 'open-break-glass', 'index.js'), 'utf8')
  expect(code).toContain(`.warn("${opened}"`)
})

test('one alarm reports each line of trouble by itself, and counts no other', () => {
  const lines = Object.values(troubles).flat()
  const told = counted().filter(({ metric }) => metric === 'Troubles')
  expect(told.map(({ message }) => message).sort()).toEqual(lines.toSorted())
  for (const [, { Properties }] of all('AWS::Logs::MetricFilter')) {
    expect(String(Properties['FilterPattern']).length).toBeLessThanOrEqual(1024)
    const [{ MetricName, Dimensions } = {}] = Properties['MetricTransformations'] as { [name: string]: unknown }[]
    if (MetricName === 'Troubles') expect(Dimensions).toEqual([{ Key: 'Trouble', Value: '$.message' }])
  }
  const [alarm] = alarms().filter(({ id }) => id === 'Troubles')
  expect(alarm?.properties['Metrics']).toMatchObject([
    {
      Expression: 'SELECT SUM(Troubles) FROM SCHEMA("Hotwork/Elsewhere", Trouble) GROUP BY Trouble ORDER BY SUM() DESC',
      Period: 60,
    },
  ])
})

test('the index of runbooks has the line of each trouble beside its page', () => {
  const index = read('docs/runbooks/README.md').split('\n')
  for (const [name, lines] of Object.entries(troubles)) {
    const [row = ''] = index.filter((each) => each.startsWith('|') && each.includes(`\`${name}\``))
    for (const line of lines) expect([name, row]).toEqual([name, expect.stringContaining(`\`${line}\``)])
  }
})

/** A line with another alarm: a message without a request goes to the dead letters of its queue. */
const watchedElsewhere = ['card_failed']

test('decisions are measured by stage, without a person', () => {
  const filters = all('AWS::Logs::MetricFilter').flatMap(([, { Properties }]) =>
    shown.some((line) => String(Properties['FilterPattern']).includes(line))
      ? (Properties['MetricTransformations'] as { MetricName: string; Dimensions: unknown }[])
      : [],
  )
  expect(filters.map(({ MetricName }) => MetricName).sort()).toEqual(['HardlyRead', 'Silence', 'TimeToDecide'])
  for (const { Dimensions } of filters) expect(Dimensions).toEqual([{ Key: 'Stage', Value: '$.stage' }])
})

/** List prices of us-east-1. An alarm on a query is paid for by the metrics that have data, and by one at least here. */
test('a month in which no agent asks costs at most $7.32: polls of queues, alarms, keys, two secrets and the sweep', () => {
  const queues = all('AWS::Lambda::EventSourceMapping').filter(([, { Properties }]) => !Properties['StartingPosition'])
  // Lambda polls a queue with five requests at a time, of 20 seconds each.
  const polls = (queues.length * 5 * 30 * 86_400) / 20
  const [perAlarm, perMillionPolls, perKey, twoSecrets, sweep] = [0.1, 0.4, 1, 0.8, 0.05]
  const paid = alarms().length * perAlarm + (polls * perMillionPolls) / 1e6 + all('AWS::KMS::Key').length * perKey
  expect(paid + twoSecrets + sweep).toBeLessThanOrEqual(7.32)
})

test('exactly the errors that functions can log are counted, each once', () => {
  const sources = readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join('functions', file)))
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

/** Procedures that no alarm starts. */
const procedures = ['halt.md', 'rotate-signing-key.md']

test('every alarm and every trouble has its runbook, named like it, and every runbook its alarm', () => {
  const kebab = (id: string) => id.replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
  // All functions that throw share one page.
  const ofTargets = Object.values(assembly.targets).flatMap((target) =>
    resourcesOf(target, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => {
      const [, id = ''] = /^(\w+): /.exec(String(Properties['AlarmDescription'])) ?? []
      return { id, metric: '' }
    }),
  )
  expect(ofTargets).toHaveLength(4)
  const ofTroubles = Object.keys(troubles).map((id) => ({ id, metric: '' }))
  // The notification of `Troubles` names one of these.
  // A setting adds this one: test/infra/constructs.test.ts.
  const optional = [{ id: 'HardlyRead', metric: '' }]
  const told = [...alarms().filter(({ id }) => id !== 'Troubles'), ...optional, ...ofTroubles, ...ofTargets]
  const wanted = told.map(({ id, metric }) => (metric === 'Errors' ? 'function-errors' : kebab(id)))
  const pages = readdirSync(join(root, 'docs/runbooks')).filter((file) => !['README.md', ...procedures].includes(file))
  expect(pages.sort()).toEqual([...new Set(wanted)].sort().map((page) => `${page}.md`))
  const index = read('docs/runbooks/README.md')
  const table = read('docs/runbooks/function-errors.md')
  for (const { id } of told) expect(index).toContain(`\`${id}\``)
  // The procedure depends on the function.
  const names = all('AWS::Lambda::Function').map(([id]) => nameOf(id))
  for (const name of names) expect(table).toContain(`\`${name}\``)
  for (const page of pages) expect(index).toContain(`(${page})`)
})
