// Rules: test/targets/aws/runs/on-emulator.test.ts
import { digestOf } from '../../../domain/digest.ts'
import { textsIn } from '../../../domain/policy/own-control-plane.ts'
import type { Json } from '../../../domain/values.ts'
import { isRole } from '../rules/runs.ts'
import { jsonText, listOf, objectOf, type Run, textOf, Unfit } from './run.ts'

/** A version of a function, which answers at once. */
export const invokedFunction: Run = {
  async start({ Payload, ...which }, { call, mask }) {
    const asked = Payload === undefined ? which : { ...which, Payload: toBase64(jsonText(Payload)) }
    const answer = await call('lambda:Invoke', { ...asked, InvocationType: 'RequestResponse' })
    const { StatusCode = null, FunctionError, ExecutedVersion = null } = answer
    const output = { StatusCode, ExecutedVersion, Payload: payloadOf(answer['Payload'], mask) }
    return FunctionError === undefined
      ? { output }
      : { output: { ...output, FunctionError }, failed: `FunctionError: ${String(FunctionError)}` }
  },

  /** Lambda has no key by which it knows a call again, and no list of calls. */
  lookUp: async () => ({ found: 'unknown' }),

  async describe({ FunctionName = null, Qualifier = null }, { call }) {
    const answer = await call('lambda:GetFunctionConfiguration', { FunctionName, Qualifier })
    const { Version, CodeSha256, Role, FunctionArn } = answer
    if (Version !== Qualifier || !/^\d+$/.test(textOf(Version)))
      throw new Unfit('other_version', 'AWS answered with another version of the function')
    return {
      digest: digestOf('hotwork.function.v1', {
        ...{ FunctionArn: textOf(FunctionArn), Version: textOf(Version), CodeSha256: textOf(CodeSha256) },
        ...{ Role: Role ?? null, ConfigSha256: answer['ConfigSha256'] ?? null },
      }),
      runsAs: isRole(Role) ? Role : null,
      open: listOf(answer['FileSystemConfigs'])
        .map(objectOf)
        .map(({ Arn }) => `the files of ${String(Arn)} at that time`),
      concerns: textsIn(answer),
    }
  },
}

const toBase64 = (text: string): string => Buffer.from(text).toString('base64')

/** The longest answer that is passed on. Bytes. */
const longest = 65_536

function payloadOf(base64: Json | undefined, mask: (value: Json) => Json): Json {
  const bytes = Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64')
  if (bytes.length === 0) return null
  if (bytes.length > longest) return `longer than ${longest / 1024} KiB`
  try {
    return mask(JSON.parse(bytes.toString()))
  } catch {
    return mask(bytes.toString())
  }
}
