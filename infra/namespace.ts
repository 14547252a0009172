/** Of the stage's own metrics in CloudWatch. */
export const namespace = `Ringback/${$app.stage}`
