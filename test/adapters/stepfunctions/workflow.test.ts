import { requestId } from '../../support/ask.ts'
import { MemoryRunWorkflow, MemoryWorkflow } from '../../support/requests/memory-workflow.ts'
import { onBoth } from '../both.ts'

import { onRunsMachine, onStepFunctions, type Started, type Watched } from './state-machine.ts'

function inMemoryRuns(): Watched {
  const runs = new MemoryRunWorkflow()
  return { runs, attempts: async () => runs.attemptsOf(requestId()) }
}

function inMemory(): Started {
  const workflow = new MemoryWorkflow()
  const [request, taskToken] = [requestId(), 'token']
  return {
    workflow,
    nextWait: async () => {
      workflow.openWait(taskToken)
      return { taskToken, input: { requestId: request, wait: workflow.startedIn(request) } }
    },
    nextEnd: async () => String(workflow.endOf(taskToken)),
    executions: async () => (workflow.startedIn(request) === undefined ? 0 : 1),
  }
}

onBoth<Watched>('the executions of runs', { memory: inMemoryRuns, real: onRunsMachine }, (make) => {
  test('an execution for a run starts once for each attempt, even if started concurrently or again', async () => {
    const { runs, attempts } = await make()
    await Promise.all([1, 1, 2].map((attempt) => runs.start(requestId(), attempt)))
    await runs.start(requestId(), 1)
    expect(await attempts()).toEqual([1, 2])
  })
})

onBoth<Started>('the workflow', { memory: inMemory, real: onStepFunctions }, (make) => {
  test('an execution starts with exactly the id of its request and its first wait', async () => {
    const { workflow, nextWait } = await make()
    await workflow.start(requestId(), { run: 1, wait: 'Tier2 owner' })
    expect((await nextWait()).input).toEqual({ requestId: requestId(), wait: 'Tier2 owner' })
  })

  test('an execution starts once, even if started concurrently or again', async () => {
    const { workflow, executions } = await make()
    await Promise.all([1, 2, 3].map(() => workflow.start(requestId(), { run: 1, wait: 'Tier2 owner' })))
    await workflow.start(requestId(), { run: 1, wait: 'Tier2 owner' })
    expect(await executions()).toBe(1)
  })

  test.each(['succeeded', 'Settled', 'Moved', 'Faulted'] as const)(
    'a wait ends by %s, caught by its name',
    async (outcome) => {
      const { workflow, nextWait, nextEnd } = await make()
      await workflow.start(requestId(), { run: 1, wait: 'Tier2 owner' })
      const { taskToken } = await nextWait()
      expect(await workflow.endWait(taskToken, outcome)).toBe('sent')
      expect(await nextEnd()).toBe(outcome)
    },
  )

  test.each(['succeeded', 'Settled'] as const)('a %s signal with an invalid token is late', async (outcome) => {
    const { workflow } = await make()
    expect(await workflow.endWait('AAAAKgAAAAIAAAAA', outcome)).toBe('late')
  })
})
