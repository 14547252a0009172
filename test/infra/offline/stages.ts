// Empty counts as unset, and keeps a developer's own .env out of the proof.
const unset = {
  RINGBACK_REGION: "",
  RINGBACK_ALARM_EMAIL: "",
  RINGBACK_EXPECTED_COLLECTORS: "",
  RINGBACK_ALLOWED_NETWORKS: "",
  RINGBACK_RETENTION_DAYS: "",
  RINGBACK_API_RATE_LIMIT: "",
  RINGBACK_API_DOMAIN: "",
  RINGBACK_INGEST_CONCURRENCY: "",
  RINGBACK_DELIVERY_CONCURRENCY: "",
  RINGBACK_RETRY_CONCURRENCY: "",
  RINGBACK_JOBS_CONCURRENCY: "",
  RINGBACK_WARM_WRITE_UNITS: "",
  RINGBACK_WARM_READ_UNITS: "",
  RINGBACK_OTLP_ENDPOINT: "",
  RINGBACK_OTLP_LAYER: "",
  RINGBACK_COLLECTOR_AMI_HOST: "",
  SST_SECRET_OperatorKey: "an-operator-key-of-the-proof",
}

/** What is evaluated: a permanent stage with what can be chosen, and a personal one with nothing. */
export const stages: Record<string, Record<string, string>> = {
  production: {
    ...unset,
    RINGBACK_REGION: "eu-west-1",
    RINGBACK_ALARM_EMAIL: "oncall@example.com",
    RINGBACK_EXPECTED_COLLECTORS: "2",
    RINGBACK_RETENTION_DAYS: "60",
    RINGBACK_INGEST_CONCURRENCY: "70",
    RINGBACK_DELIVERY_CONCURRENCY: "515",
    RINGBACK_WARM_WRITE_UNITS: "40000",
    RINGBACK_OTLP_ENDPOINT: "http://localhost:4318",
    RINGBACK_OTLP_LAYER: "arn:aws:lambda:eu-west-1:123456789012:layer:otel-collector-arm64:1",
    RINGBACK_COLLECTOR_AMI_HOST: "10.0.0.5",
    RINGBACK_COLLECTOR_AMI_USERNAME: "ringback",
    RINGBACK_COLLECTOR_VPC: "vpc-1",
    RINGBACK_COLLECTOR_SUBNETS: "subnet-1,subnet-2",
    RINGBACK_COLLECTOR_IMAGE: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ringback-collector:1",
    SST_SECRET_CollectorAmiSecret: "the-ami-secret-of-the-proof",
    SST_SECRET_CollectorSourceToken: "the-source-token-of-the-proof",
  },
  proof: unset,
}
