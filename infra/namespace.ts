/** The namespace of the stage's own metrics in CloudWatch. */
export const namespace = `Ringback/${$app.stage}`
