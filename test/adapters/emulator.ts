import type { AwsAccess } from '../../local/emulator.ts'
import { startOwnEmulator } from '../support/own-emulator.ts'

/**
 * Gives the tests an AWS where nothing is deployed: that in `HOTWORK_AWS`, one for all files as `npm test` sets it, or
 * else one for this file. The adapters find it by their environment, as in a Lambda. Without one every test fails: nothing
 * is skipped.
 */
export function useAws(): void {
  let close = async () => {}

  beforeAll(async () => {
    Object.assign(process.env, process.env['HOTWORK_AWS'] ? JSON.parse(process.env['HOTWORK_AWS']) : await start())
  }, 180_000)
  afterAll(() => close())

  async function start(): Promise<NodeJS.ProcessEnv> {
    const own = await startOwnEmulator()
    close = own.close
    return environmentOf(own.emulator)
  }
}

/** The environment of an AWS SDK. */
export const environmentOf = ({ endpointUrl, region, accessKeyId, secretAccessKey }: AwsAccess): NodeJS.ProcessEnv => ({
  AWS_ENDPOINT_URL: endpointUrl,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
})
