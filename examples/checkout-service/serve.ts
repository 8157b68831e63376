import { startCheckoutService } from './checkout-service.ts'

/** The service as a program: on `PORT`, or a free one, with the SDK's own AWS settings. Prints where its health is. */
const { url } = await startCheckoutService({ port: Number(process.env['PORT'] ?? 0) })
process.stdout.write(`${url}/health\n`)
