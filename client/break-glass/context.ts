import { Opening } from '../answers.ts'
import { type Context as Common, show } from '../context.ts'
import type { KeptOpenings } from '../kept-openings.ts'
import { Refusal } from '../outcome.ts'
import { fact } from '../screen.ts'

export type Context = Common & { kept: KeptOpenings }

export type IdTyped = { id?: string | undefined }

export { show }

export const read = (id: string, { api }: Context): Promise<Opening> =>
  api.call(Opening, { method: 'GET', path: `/v1/break-glass/${id}` })

/** Where the machine has several openings, those that have ended are forgotten first. */
export async function idOf({ id: typed }: IdTyped, context: Context): Promise<string> {
  const { api, kept } = context
  const ids = typed === undefined ? kept.idsOf(api.url) : []
  for (const id of ids.length > 1 ? ids : [])
    try {
      const { status } = await read(id, context)
      if (status !== 'approved') kept.forget(id)
    } catch (trouble) {
      // Another person's opening on the same machine is theirs to end.
      if (!(trouble instanceof Refusal)) throw trouble
    }
  return kept.idOf(api.url, typed)
}

export const command = 'npx hotwork break-glass'

/** It names no opening: it is written once and means the one that this machine has open at the time. */
export function awsProfile({ settings, surroundings }: Context): { credential_process: string; lines: string[] } {
  const { apiUrl, as, localAws } = settings
  // Whole paths: AWS's tools run it in another folder, and another Node may be first on the PATH there.
  const words = [
    process.execPath,
    surroundings.program.file,
    ...['break-glass', 'credentials', '--api', apiUrl],
    ...(as === undefined ? [] : ['--as', as]),
  ]
  const credential_process = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word}"`)).join(' ')
  return {
    credential_process,
    lines: [
      '[profile hotwork]',
      `credential_process = ${credential_process}`,
      ...(localAws ? [`region = ${localAws.region}`, `endpoint_url = ${localAws.endpointUrl}`] : []),
    ],
  }
}

export function useOf({ id, credential }: Opening, context: Context): string[] {
  switch (credential) {
    case 'sts':
      return fact('use', 'put this into ~/.aws/config, then: aws --profile hotwork ...', ...awsProfile(context).lines)
    case 'mediated':
      return fact('use', `Hotwork makes the one call: ${command} call ${id}`)
    case 'token':
      return fact('use', 'show the tool an access token of POST /token, by the key below')
    default:
      return credential satisfies never
  }
}
