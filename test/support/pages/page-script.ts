import { bundlePageScript } from '../../../infra/bundle-page-script.ts'

/** The script that the bundler puts into the Lambdas. */
export default bundlePageScript()
