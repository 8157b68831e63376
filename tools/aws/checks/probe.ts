import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  type FunctionConfiguration,
  InvokeCommand,
  LambdaClient,
  paginateListFunctions,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { buildSync } from 'esbuild'
import { clientSettings } from '../../../local/emulator.ts'
import { zipOne } from '../../../local/sample-target.ts'
import { probeOf } from '../made.ts'
import type { Site } from './check.ts'

/** A Lambda of the deployment, by the name of its entry. */
export async function functionOf({ aws, world }: Site, name: string): Promise<FunctionConfiguration> {
  const client = new LambdaClient(clientSettings(aws))
  for await (const { Functions = [] } of paginateListFunctions({ client }, {}))
    for (const found of Functions)
      if (found.Description === `Hotwork ${name}` && found.FunctionName?.startsWith(world.local.aws.stackName))
        return found
  throw new Error(`there is no function ${name}`)
}

export type Call = { service: 'dynamodb' | 'kms' | 's3'; command: string; input: object }

/**
 * Makes one call with the rights of a Lambda of the deployment, by a new function with the same role.
 *
 * @returns `done`, or the name of the refusal
 * @throws if the function itself failed
 */
export async function callAs(site: Site, name: string, call: Call): Promise<string> {
  const client = new LambdaClient(clientSettings(site.aws))
  const { Role } = await functionOf(site, name)
  const FunctionName = probeOf(site.world.local.aws.stackName)
  const Code = { ZipFile: zipOne('index.js', program()) }
  const about = { Runtime: 'nodejs24.x' as const, Handler: 'index.handler', Timeout: 20, MemorySize: 512 }
  await client.send(new CreateFunctionCommand({ FunctionName, Role, Code, ...about }))
  try {
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName })
    const invoked = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(call) }))
    const answer = Buffer.from(invoked.Payload ?? []).toString()
    if (invoked.FunctionError) throw new Error(`the probe failed: ${answer}`)
    return JSON.parse(answer) as string
  } finally {
    await client.send(new DeleteFunctionCommand({ FunctionName }))
    // The name of a deleted function stays taken for a moment.
    await delay(site.isAws ? 3000 : 0)
  }
}

let built: string | undefined

function program(): string {
  if (built !== undefined) return built
  const outfile = join(import.meta.dirname, '../../../.hotwork/aws/probe/index.js')
  buildSync({
    entryPoints: [join(import.meta.dirname, 'probe-handler.ts')],
    ...{ outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node24', minify: true, logLevel: 'error' },
  })
  built = readFileSync(outfile, 'utf8')
  return built
}
