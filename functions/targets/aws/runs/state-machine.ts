// Rules: test/targets/aws/runs/on-emulator.test.ts, test/targets/aws/runs/state-machine.test.ts
import { digestOf } from '../../../domain/digest.ts'
import { textsIn } from '../../../domain/policy/own-control-plane.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import { faultName } from '../../../operations/faults.ts'
import { isRole } from '../rules/runs.ts'
import { partsOf } from './open-parts.ts'
import { AlreadyStarted, clocksDifferSeconds, jsonText, listOf, objectOf, type Run, textOf, Unfit } from './run.ts'

/** A standard state machine, by the ARN of a version. */
export const stateMachine: Run = {
  async start({ stateMachineArn, input }, { call }, key) {
    const named = { stateMachineArn: stateMachineArn ?? null, name: key }
    const asked = input === undefined ? named : { ...named, input: jsonText(input) }
    const { executionArn } = await call('states:StartExecution', asked).catch((fault: unknown) => {
      // The name is of this use alone: an earlier attempt was made, and reading finds it.
      throw faultName(fault) === 'ExecutionAlreadyExists' ? new AlreadyStarted('an execution has this name') : fault
    })
    return { run: key, output: { executionArn: textOf(executionArn) } }
  },

  /** An execution has the name that only this use has, which is its id. The list has the newest first. */
  async lookUp({ stateMachineArn }, { key, begunAt }, { call }) {
    const plainArn = textOf(stateMachineArn).replace(/:\d+$/, '')
    const listing = { stateMachineArn: plainArn, maxResults: mostListed }
    const { executions, nextToken } = await call('states:ListExecutions', listing)
    const listed = listOf(executions).map(objectOf)
    const own = listed.find(({ name }) => name === key)
    if (own) return { found: 'started', run: key }
    const reachesBack = listed.some(
      ({ startDate }) => Date.parse(String(startDate)) / 1000 < begunAt - clocksDifferSeconds,
    )
    return { found: !nextToken || reachesBack ? 'not_done' : 'unknown' }
  },

  async describe({ stateMachineArn = null }, { call }) {
    const answer = await call('states:DescribeStateMachine', { stateMachineArn })
    const { type, roleArn, definition, revisionId, status } = answer
    if (answer['stateMachineArn'] !== stateMachineArn)
      throw new Unfit('other_version', 'AWS answered with another version of the state machine')
    if (type !== 'STANDARD') throw new Unfit('express_machine', 'only a standard state machine can be followed')
    if (status !== undefined && status !== 'ACTIVE')
      throw new Unfit('machine_not_active', 'the state machine is being deleted')
    const text = textOf(definition)
    const parsed = parse(text)
    return {
      digest: digestOf('hotwork.state-machine.v1', {
        ...{ stateMachineArn, definition: text, revisionId: revisionId ?? null, roleArn: roleArn ?? null },
      }),
      runsAs: isRole(roleArn) ? roleArn : null,
      open: openIn(parsed),
      concerns: textsIn(parsed),
    }
  },
}

const mostListed = 1000

function parse(definition: string): Json {
  try {
    return JSON.parse(definition)
  } catch {
    throw new Unfit('definition_unreadable', 'the definition is not JSON')
  }
}

const openIn = (machine: Json): readonly string[] =>
  statesIn(machine).flatMap(({ name, state }) => [...otherRoleOf(name, state), ...partsOf(state, `the state ${name}`)])

/** A state may act as another role than the machine's. @throws Unfit unless the definition itself names the role */
function otherRoleOf(name: string, { Credentials }: JsonObject): readonly string[] {
  if (Credentials === undefined) return []
  const { RoleArn, ...more } = objectOf(Credentials)
  if (!isRole(RoleArn) || Object.keys(more).length > 0)
    throw new Unfit('role_not_fixed', `the state \`${name}\` takes the role as which it acts from its input`)
  return [`the role ${RoleArn}, as which the state ${name} acts`]
}

/** The states, those inside a Map or Parallel too. */
function statesIn(machine: Json | undefined): readonly { name: string; state: JsonObject }[] {
  return Object.entries(objectOf(objectOf(machine)['States'])).flatMap(([name, each]) => {
    const { Iterator, ItemProcessor, Branches, ...state } = objectOf(each)
    const inside = [Iterator, ItemProcessor, ...listOf(Branches)]
    return [{ name, state: state as JsonObject }, ...inside.flatMap(statesIn)]
  })
}
