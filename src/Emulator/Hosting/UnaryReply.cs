using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>Sends one value, with whatever is scripted for the middle of it.</summary>
internal static class UnaryReply
{
    public static async Task SendAsync(Exchange exchange, JsonObject value)
    {
        var body = ProtoJson.Print(value);
        var script = exchange.Script;
        var breaks = script.Fault is Fault.Truncate or Fault.TruncateReset or Fault.Stall or Fault.Cap;
        if (!breaks && !script.Holds.Any(h => h.Before > 0))
        {
            await exchange.WriteAsync(200, Exchange.Json, body);
            return;
        }

        var response = exchange.Http.Response;
        exchange.Begin(200, Exchange.Json);
        exchange.FirstByte();
        await response.StartAsync(exchange.Cancellation);
        await response.BodyWriter.FlushAsync(exchange.Cancellation);
        foreach (var before in script.Holds.Select(h => h.Before).Where(b => b > 0).Distinct().Order()) await exchange.HoldAsync(before);
        if (breaks) exchange.Inject();
        if (script.Fault is Fault.Stall) await exchange.WaitAsync(script.Delay ?? Timeout.InfiniteTimeSpan);
        if (script.Fault is Fault.Cap) await exchange.WaitAsync(script.Delay ?? StreamReply.ServiceCap);

        var cut = script.Fault is Fault.Truncate or Fault.TruncateReset or Fault.Cap;
        exchange.Finish();
        await response.BodyWriter.WriteAsync(cut ? body.AsMemory(0, body.Length / 2) : body, exchange.Cancellation);
        if (script.Fault is Fault.TruncateReset or Fault.Cap) exchange.Abort();
    }
}
