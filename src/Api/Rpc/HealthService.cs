using Grpc.Core;
using Grpc.Health.V1;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Sluice.Api.Rpc;

/// <summary>
/// grpc.health.v1.Health: of the process and its service, whether requests should come here; and by a name of its own, whether it is alive, which one that is not ready is all the
/// same: starting it anew would not help.
/// </summary>
[Open]
internal sealed class HealthService(ReadinessChanges readiness, NotStopping notStopping) : Health.HealthBase
{
    /// <summary>What <c>/livez</c> is over HTTP.</summary>
    public const string Liveness = "live";

    private static readonly Problem Unknown = new(404, "unknown_service", $"There is no service of that name here. Known are \"\", {Liveness} and {AgentGateway.Descriptor.FullName}.");

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var status = StatusOf(request.Service);
        return status != ServingStatus.ServiceUnknown
            ? Task.FromResult(new HealthCheckResponse { Status = status })
            : throw RpcStatus.ExceptionOf(Unknown, context.GetHttpContext());
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var told = default(ServingStatus?);
        while (true)
        {
            var changed = readiness.Next;
            var isStopping = notStopping.Stopping.IsCancellationRequested;
            var status = StatusOf(request.Service);
            if (status != told)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
                told = status;
            }

            // Nothing more will change, and one who only watches does not keep the process.
            if (isStopping)
            {
                return;
            }

            await changed.WaitAsync(context.CancellationToken);
        }
    }

    private ServingStatus StatusOf(string service)
    {
        if (service == Liveness)
        {
            return ServingStatus.Serving;
        }

        if (service.Length > 0 && service != AgentGateway.Descriptor.FullName)
        {
            return ServingStatus.ServiceUnknown;
        }

        return readiness.IsReady ? ServingStatus.Serving : ServingStatus.NotServing;
    }
}
