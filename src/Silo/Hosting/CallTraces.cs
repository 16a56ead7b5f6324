using Sluice.Grains.Streams;

namespace Sluice.Silo.Hosting;

/// <summary>
/// Calls between processes are spans of the trace that they are made for. What brings the events of a stream is made for no request, comes with every token, and is none: each would be a trace of
/// its own.
/// </summary>
internal static class CallTraces
{
    public static void AddCallTraces(this ISiloBuilder silo)
    {
        silo.AddActivityPropagation();
        LeaveOutStreams(silo.Services);
    }

    public static void AddCallTraces(this IClientBuilder client)
    {
        client.AddActivityPropagation();
        LeaveOutStreams(client.Services);
    }

    private static void LeaveOutStreams(IServiceCollection services)
    {
        Wrap<IOutgoingGrainCallFilter>(services, static traced => new Outgoing(traced));
        Wrap<IIncomingGrainCallFilter>(services, static traced => new Incoming(traced));
    }

    private static void Wrap<TFilter>(IServiceCollection services, Func<TFilter, TFilter> wrap)
        where TFilter : class
    {
        // Those that are called from nowhere have no filter for it.
        foreach (var added in services.Where(service => service.ServiceType == typeof(TFilter)).ToList())
        {
            services.Remove(added);
            services.AddSingleton(provider => wrap((TFilter)ActivatorUtilities.CreateInstance(provider, added.ImplementationType!)));
        }
    }

    private static bool IsOfStream(IGrainCallContext call) => call.Request.GetInterfaceType() == typeof(ITurnReceiver);

    private sealed class Outgoing(IOutgoingGrainCallFilter traced) : IOutgoingGrainCallFilter
    {
        public Task Invoke(IOutgoingGrainCallContext context) => IsOfStream(context) ? context.Invoke() : traced.Invoke(context);
    }

    private sealed class Incoming(IIncomingGrainCallFilter traced) : IIncomingGrainCallFilter
    {
        public Task Invoke(IIncomingGrainCallContext context) => IsOfStream(context) ? context.Invoke() : traced.Invoke(context);
    }
}
