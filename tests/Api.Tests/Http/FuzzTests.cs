using System.Text;
using System.Text.Json;
using Sluice.Api.Endpoints;
using Sluice.Api.Requests;

namespace Sluice.Api.Tests.Http;

public sealed class FuzzTests
{
    private static readonly string[] Seeds =
    [
        """{"text":"ping"}""",
        """{"input":{"a":[1,2.5e3,{"b":null}],"c":"\u00e9\ud83d\ude00"},"session_id":"s-1","user_id":"u","class_method":"query"}""",
        """{"text":"é \" \\ \n","engine":"main","on_busy":"interrupt","unknown":[[[[]]]]}""",
    ];

    /// <summary>A body is understood or refused with a 4xx; never an exception. A seed that fails is named in the message.</summary>
    [Fact]
    public void Mutated_bodies_are_understood_or_refused()
    {
        var options = new HttpSurfaceOptions();
        var engines = new EngineFacts { Names = ["main"] };
        for (var seed = 0; seed < 200_000; seed++)
        {
            var body = Mutate(Encoding.UTF8.GetBytes(Seeds[seed % Seeds.Length]), new Random(seed));
            var problem = Should.NotThrow(() => InvokeParser.Parse(body, options, engines, item: null, out _), $"seed {seed}");
            (problem?.Status ?? 400).ShouldBeInRange(400, 499, $"seed {seed}");
            if (problem is null)
            {
                // What was understood is JSON to others as well.
                Should.NotThrow(() => JsonDocument.Parse(body), $"seed {seed}").Dispose();
            }
        }
    }

    private static byte[] Mutate(byte[] body, Random random)
    {
        var bytes = body.ToList();
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.Insert(at, "\"\\{}[],:u0\ue000 \n"u8[random.Next(12)]);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                default:
                    var piece = bytes.GetRange(at, Math.Min(random.Next(1, 30), bytes.Count - at));
                    bytes.InsertRange(random.Next(bytes.Count), piece);
                    break;
            }

            if (bytes.Count == 0)
            {
                break;
            }
        }

        return [.. bytes];
    }
}
