using System.Text.Json;

namespace Sluice.Bench.Driver;

/// <summary>Everything measured, a JSON line each, written as it comes: an interrupted run keeps what it has.</summary>
internal sealed class RawFigures(string path) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly StreamWriter _lines = new(path) { AutoFlush = true };

    public string Path => path;

    public void Keep<T>(string kind, T figure) => _lines.WriteLine($$"""{"kind":"{{kind}}",{{JsonSerializer.Serialize(figure, Json)[1..]}}""");

    public void Dispose() => _lines.Dispose();
}
