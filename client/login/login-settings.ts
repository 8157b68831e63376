// Rules: test/client/login/log-in.test.ts
import * as z from 'zod'
import type { OwnNames } from '../audience.ts'
import { textOf } from '../bounded.ts'
import { parsedJson } from '../http.ts'
import { isSafeAddress } from '../local.ts'
import { Fault, whyUnanswered, wrongUsage } from '../outcome.ts'

const LoginSettings = z.looseObject({
  issuer: z.string().refine(isSafeAddress),
  client_id: z.string().min(1),
  scope: z.string().min(1),
  resource: z.string().optional(),
  break_glass: z.looseObject({ acr_values: z.string().optional(), max_age: z.number().optional() }).optional(),
})
export type LoginSettings = z.infer<typeof LoginSettings>

/** The login provider, by the API's own metadata (RFC 9728). @throws Refusal, Fault */
export async function readLoginSettings(names: OwnNames): Promise<LoginSettings> {
  const apiUrl = names.api
  const address = `${apiUrl}/.well-known/oauth-protected-resource`
  const fault = (code: string, title: string, detail: string, options?: ErrorOptions) =>
    new Fault({ code, title: `\`${apiUrl}\` ${title}`, detail: `\`${address}\` ${detail}` }, options)
  const text = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(30_000) })
    .then(textOf)
    .catch((cause: unknown) => {
      if (cause instanceof Fault) throw cause
      throw fault('no_answer', 'does not answer', `gives no answer: ${whyUnanswered(cause)}`, { cause })
    })
  const metadata = Object(parsedJson(text)) as { [member: string]: unknown }
  const name = metadata['resource']
  if (typeof name !== 'string') throw fault('no_metadata', 'does not say who it is', 'should')
  if (name !== apiUrl)
    throw wrongUsage(
      `this Hotwork is not called \`${apiUrl}\``,
      `use the address that it was deployed as: \`--api ${name.slice(0, 200)}\``,
    )
  const own = z.looseObject({ login: LoginSettings }).safeParse(metadata[`${apiUrl}/ns/hotwork`])
  if (own.success) return mustBeOwn(own.data.login, names)
  throw wrongUsage(
    'this Hotwork does not say where people log in from a command line',
    'put your token into `HOTWORK_TOKEN`; the operator of Hotwork adds `login.commandLine` to the deployment file (docs/command-line.md)',
  )
}

/** Settings of another API would send the person's token for that API to this one. @throws Refusal */
function mustBeOwn(settings: LoginSettings, names: OwnNames): LoginSettings {
  const { scope, resource } = settings
  if (resource !== undefined && !names.has(resource)) throw names.notOwn(resource)
  const foreign = scope.split(/\s+/).find((each) => !names.hasScope(each))
  if (foreign !== undefined) throw names.notOwn(foreign)
  return settings
}
