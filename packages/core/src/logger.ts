import { Logger } from "@aws-lambda-powertools/logger";

/** One logger a container; its service name comes from POWERTOOLS_SERVICE_NAME in serverless.yml. */
export const logger = new Logger();
