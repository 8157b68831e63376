import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finding, until } from '../findings.ts'
import { named, requestsFolder, type World, workloadIdentity } from '../world.ts'
import { withFlagService } from './uses.ts'

const examples = join(requestsFolder, '..')

/** Runs a program of `examples/` to its end. @param onRequest is told the first request that it prints */
async function runExample(
  file: string,
  args: readonly string[],
  onRequest: (id: string) => Promise<unknown> = async () => {},
  env: NodeJS.ProcessEnv = {},
): Promise<{ exit: number; lines: string[] }> {
  const child = spawn(process.execPath, [join(examples, file), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let printed = ''
  let told: Promise<unknown> | undefined
  const read = (part: Buffer): void => {
    printed += part
    const [id] = /req_[0-9a-z]{26}/.exec(printed) ?? []
    if (id === undefined || told) return
    told = onRequest(id)
    told.catch(() => child.kill())
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const [exit] = await closed
  await told
  return { exit: exit ?? 1, lines: printed.trim().split('\n') }
}

/** Files for this user alone, since there are keys in them. */
async function withFiles(
  files: { readonly [name: string]: unknown },
  work: (pathOf: (name: string) => string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-program-'))
  try {
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 })
    await work((name) => join(folder, name))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A program without code of Hotwork, from discovery to the token. */
export async function tellPlainClient({ report, local, example }: World): Promise<void> {
  const request = example('staging-payment-timeout')
  const { clientId, privateJwk: key } = named(local.agents, request.subject.id)
  const expected = 'a client of standard libraries alone, told two addresses, a key and a body, gets decision and token'
  await withFiles({ request, key }, async (pathOf) => {
    const where = ['--issuer', local.issuer, '--idp', local.identityProviderUrl, '--client-id', clientId]
    const what = ['--key', pathOf('key'), '--request', pathOf('request')]
    await report.expect(expected, async () => {
      const { exit, lines } = await runExample('plain-client/plain-client.ts', [...where, ...what])
      const said = lines.includes('decision: true') && lines.some((line) => line.startsWith('dpop token for '))
      return finding(exit === 0 && said, lines.slice(1).join('; '))
    })
  })
}

/** An OAuth library's generic grant: it asks at the token endpoint, polls there, and uses the token. */
export const tellOAuth = (world: World): Promise<void> =>
  withFlagService(world, async (service) => {
    const { report, local, person, reader } = world
    const agent = named(local.agents, 'agent:builder')
    const expected = 'openid-client asks for a flag, polls until Ana approves, and sets it with its token, once'
    await report.expect(expected, async () => {
      const running = runExample('oauth-client/ask.mjs', [], async () => {}, {
        ISSUER: local.issuer,
        CLIENT_ID: agent.clientId,
        WORKLOAD_TOKEN: await workloadIdentity(local, agent.id)(local.issuer),
        FLAG_URL: `${service}/flags/prod/express-checkout`,
      })
      const first = async () => (await reader.pendingOf('REL-7'))[0]
      const { id } = await until(first, { withinSeconds: 30, everyMilliseconds: 500, what: 'a request waits' })
      await person('person:ana').approve(await reader.request(id))
      const { exit, lines } = await running
      return finding(exit === 0 && /"status":200/.test(lines.at(-1) ?? ''), `${exit}: ${lines.at(-1)?.trim()}`)
    })
  })

/** Programs that import the package, as their authors would. */
export const tellPackage = (world: World): Promise<void> =>
  withFlagService(world, async () => {
    const { report, local, example, person, reader } = world
    const files = {
      local,
      staging: example('staging-payment-timeout'),
      forbidden: example('forbidden-planner-parameter'),
      flag: example('prod-express-checkout-flag'),
    }
    await withFiles(files, async (pathOf) => {
      const argsFor = (request: string) => ['--local', pathOf('local'), '--request', pathOf(request)]
      const approve = async (id: string) => person('person:ben').approve(await reader.request(id))
      await report.expect('the remediator sets a parameter of staging, and ends with 0', async () => {
        const { exit, lines } = await runExample('remediator/remediator.ts', argsFor('staging'))
        return finding(exit === 0 && /reported it/.test(lines.at(-1) ?? ''), `${exit}: ${lines.at(-1)?.trim()}`)
      })
      await report.expect('a planner is refused by policy, and ends with 4', async () => {
        const { exit, lines } = await runExample('remediator/remediator.ts', argsFor('forbidden'))
        return finding(exit === 4 && /policy_denied/.test(lines.at(-1) ?? ''), `${exit}: ${lines.at(-1)?.trim()}`)
      })
      await report.expect('the flag agent waits for Ben, and uses its token once and not twice', async () => {
        const { exit, lines } = await runExample('flag-agent/flag-agent.ts', argsFor('flag'), approve)
        const second = lines.find((line) => line.startsWith('a second time: '))
        return finding(exit === 0 && /403 uses_exhausted/.test(second ?? ''), `${exit}: ${lines.slice(1).join('; ')}`)
      })
    })
  })
