using System.Text;
using System.Text.Json.Nodes;
using Sluice.Emulator;

namespace Sluice.Faults.Tests.Gateways;

/// <summary>Queues scripts written as the emulator's README writes them: <c>fault=stall;after=2</c>.</summary>
internal static class Scripting
{
    public static async Task EnqueueAsync(this EmulatorHost emulator, HttpClient client, params (string Script, string Key, string Value)[] scripts)
    {
        var all = new JsonArray();
        foreach (var (script, key, value) in scripts)
        {
            var json = new JsonObject { [key] = value };
            foreach (var part in script.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var pair = part.Split('=', 2);
                json[pair[0]] = pair[1];
            }

            all.Add(json);
        }

        using var content = new StringContent(all.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri(emulator.Address, "/_emulator/scripts"), content);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }
}
