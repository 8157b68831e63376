import { Refusal } from '../../../examples/remediator/wire.ts'
import type { Finding } from './report.ts'

/** @param value What the rest of the chapter needs of it. */
export function finding(held: boolean, found: string): Finding<undefined>
export function finding<T>(held: boolean, found: string, value: T): Finding<T>
export function finding<T>(held: boolean, found: string, value?: T): Finding<T | undefined> {
  return { held, found, value }
}

/** Hotwork says no, with this status and, if `code` is given, this code; nothing else will do. */
export async function refusedByHotwork(
  call: () => Promise<unknown>,
  wanted: { status: number; code?: string; says?: RegExp },
): Promise<Finding<undefined>> {
  try {
    await call()
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault
    const held =
      fault.status === wanted.status &&
      (wanted.code === undefined || fault.code === wanted.code) &&
      (wanted.says === undefined || wanted.says.test(fault.message))
    return finding(held, fault.message)
  }
  return finding(false, 'it was let through')
}

/** How IAM says no: something denies it, or nothing allows it. The words are AWS's own. */
export const denial = { denied: /with an explicit deny/, notAllowed: /because no [\w-]+ policy allows/ }

/** IAM says no to a call. Any other fault is thrown: a broken call proves nothing about rights. */
export async function refusedByIam(call: () => Promise<unknown>): Promise<Finding<undefined>> {
  const said = await iamDenial(call)
  return said === undefined
    ? finding(false, 'IAM let it through')
    : finding(denial.notAllowed.test(said) || denial.denied.test(said), `refused by IAM: ${said}`)
}

/** What IAM says when it says no, or `undefined` when it lets the call through. */
export async function iamDenial(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (fault) {
    const { name, message } = fault as Error
    if (!name.startsWith('AccessDenied')) throw fault
    // `User: arn:... is not authorized to perform: ssm:PutParameter on resource: arn:... because ...`
    return message.replace(/^.*not authorized to perform: /, '').replace('on resource: ', 'on ')
  }
}
