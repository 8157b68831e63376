import type { AwsAccess } from '../../infra/local/emulator.ts'

/** What is done to a deployed stack so that fakecloud judges it as AWS would. */
export async function correct(_aws: AwsAccess, _stackName: string): Promise<void> {}
