export interface TracingSettings {
  /** Of a collector that speaks OTLP over HTTP, without the path. */
  endpoint: string;
  serviceName: string;
}

/**
 * Registers a provider of OpenTelemetry for this process, and resolves with how to end it, all spans sent. The SDK is only
 * loaded here: who traces nothing pays nothing for it.
 */
export async function startTracing({ endpoint, serviceName }: TracingSettings): Promise<() => Promise<void>> {
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  return () => provider.shutdown();
}
