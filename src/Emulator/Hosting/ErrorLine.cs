using System.Buffers;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>The line by which containers other than Python's report a failure in the middle of a stream.</summary>
internal static class ErrorLine
{
    public static ReadOnlyMemory<byte> Of(string text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new PythonJson(buffer).Object().Name("error").String(text).EndObject();
        return buffer.WrittenMemory;
    }
}
