import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { endingWords, FaultForPeople, untilAborted, untilAsked } from './processes.ts'
import { type LocalStack, startStack } from './stack.ts'

/**
 * `npm start`: the local stack until Ctrl-C. `-- --policies FOLDER` deploys another policy folder, `-- --state FOLDER`
 * keeps its files elsewhere, so that two stacks can run; `--app FILE` is for tests.
 */
const { values } = parseArgs({
  options: {
    policies: { type: 'string' },
    state: { type: 'string' },
    app: { type: 'string' },
  },
})
const directory = values.state ?? '.hotwork'
const asked = untilAsked()

try {
  const stack = await startStack({
    policies: values.policies,
    stateDirectory: values.state,
    app: values.app && resolve(values.app),
    signal: asked,
  })
  try {
    process.stdout.write(describe(stack, directory))
    await untilAborted(stack.signal)
  } finally {
    process.stdout.write(endingWords(directory))
    await stack.close()
  }
  if (!asked.aborted) throw stack.signal.reason
} catch (fault) {
  // 130 is the exit code of a program that a signal has ended.
  process.exitCode = asked.aborted ? 130 : 1
  const { message, stack } = fault as Error
  if (!asked.aborted) process.stderr.write(`${fault instanceof FaultForPeople ? message : stack}\n`)
}
process.exit()

function describe({ local }: LocalStack, state: string): string {
  return `
Hotwork is running on this machine.

  API                ${local.apiUrl}
  desk (Slack)       ${local.slack.deskUrl}
  identity provider  ${local.identityProviderUrl}
  everything else    ${state}/local.json, logs in ${state}/log

That file holds the keys of the local AWS, new at each start: it serves no other. Only you can read it.

Try it: have the example agent ask, then open the desk and decide as one of the people there, or in a terminal.

  npx node examples/remediator/remediator.ts
  npx --no-install hotwork request FILE                                      for a request of your own
  npx --no-install hotwork ls --waiting --as person:ben                      what waits for Ben; then approve ID, deny ID
  npm run demo -- --request FILE                                a request, decided by scripted people

Or use break-glass: as Jade in the desk (/hotwork break-glass), or in a terminal; on this machine --as is the login.

  npx --no-install hotwork break-glass start --as person:jade --profile checkout-recovery --incident INC-2041 --minutes 30 \\
    --reason 'Payments time out since the release: setting the timeout back.'

Ctrl-C ends it all, and its requests, its record and its keys are gone: the next start begins empty.
`
}
