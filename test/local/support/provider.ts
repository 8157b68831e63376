import type { JWK } from 'jose'
import { type Program, startProgram } from './programs.ts'

type Provider = { url: string; keys: { [subject: string]: JWK }; program: Program }

/** The local identity provider in a separate process, since it is ESM only. It serves these APIs. */
export async function startProvider(principals: readonly object[], ...apis: readonly string[]): Promise<Provider> {
  const program = startProgram([
    '--input-type=module',
    '-e',
    `import { startIdentityProvider } from './local/identity-provider.ts'
     const provider = await startIdentityProvider(console.error)
     const principals = ${JSON.stringify(principals)}
     const keys = await provider.enrol(principals)
     const again = await provider.enrol(principals)
     if (JSON.stringify([...keys]) !== JSON.stringify([...again])) throw new Error('a second enrolment changes keys')
     for (const api of ${JSON.stringify(apis)}) provider.serve(api)
     console.log(JSON.stringify({ url: provider.url, keys: Object.fromEntries(keys) }) + ' ready')`,
  ])
  await program.prints(' ready')
  return { ...JSON.parse(program.printed().split(' ready')[0] ?? ''), program }
}
