/** What is evaluated: a permanent stage with all that can be chosen, and a personal one with nothing. */
export const stages: Record<string, Record<string, string>> = {
  production: {
    RINGBACK_REGION: "eu-west-1",
    RINGBACK_ALARM_EMAIL: "oncall@example.com",
    RINGBACK_EXPECTED_COLLECTORS: "2",
    RINGBACK_ALLOWED_NETWORKS: "",
    RINGBACK_RETENTION_DAYS: "60",
    RINGBACK_API_RATE_LIMIT: "",
    RINGBACK_API_DOMAIN: "",
    RINGBACK_COLLECTOR_AMI_HOST: "",
    SST_SECRET_OperatorKey: "an-operator-key-of-the-proof",
  },
  proof: {
    RINGBACK_REGION: "",
    RINGBACK_ALARM_EMAIL: "",
    RINGBACK_EXPECTED_COLLECTORS: "",
    RINGBACK_ALLOWED_NETWORKS: "",
    RINGBACK_RETENTION_DAYS: "",
    RINGBACK_API_RATE_LIMIT: "",
    RINGBACK_API_DOMAIN: "",
    RINGBACK_COLLECTOR_AMI_HOST: "",
    SST_SECRET_OperatorKey: "an-operator-key-of-the-proof",
  },
}
