using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Wire;

/// <summary>Writes JSON as Python's json.dumps does: ", " and ": " between things, everything outside ASCII escaped in lower-case hex.</summary>
internal sealed class PythonJson(IBufferWriter<byte> output)
{
    private bool _separate;

    public PythonJson Object()
    {
        Open((byte)'{');
        return this;
    }

    public PythonJson EndObject()
    {
        Close((byte)'}');
        return this;
    }

    public PythonJson Array()
    {
        Open((byte)'[');
        return this;
    }

    public PythonJson EndArray()
    {
        Close((byte)']');
        return this;
    }

    public PythonJson Name(string name)
    {
        Separate();
        Quote(name);
        output.Write(": "u8);
        _separate = false;
        return this;
    }

    public PythonJson String(string value)
    {
        Separate();
        Quote(value);
        _separate = true;
        return this;
    }

    public PythonJson Integer(long value) => Literal(value.ToString(CultureInfo.InvariantCulture));

    public PythonJson Float(double value) => Literal(PythonFloat.Repr(value));

    public PythonJson Boolean(bool value) => Literal(value ? "true" : "false");

    public PythonJson Value(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                Object();
                foreach (var (name, value) in o) Name(name).Value(value);
                return EndObject();
            case JsonArray a:
                Array();
                foreach (var item in a) Value(item);
                return EndArray();
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                return String(v.GetValue<string>());
            case JsonValue v when v.GetValueKind() == JsonValueKind.Number:
                var number = v.ToJsonString();
                return number.AsSpan().ContainsAny('.', 'e', 'E') ? Float(v.AsDouble()) : Literal(number);
            default:
                return Literal(node?.ToJsonString() ?? "null");
        }
    }

    private void Open(byte bracket)
    {
        Separate();
        Byte(bracket);
        _separate = false;
    }

    private void Close(byte bracket)
    {
        Byte(bracket);
        _separate = true;
    }

    private PythonJson Literal(string ascii)
    {
        Separate();
        output.Advance(Encoding.ASCII.GetBytes(ascii, output.GetSpan(ascii.Length)));
        _separate = true;
        return this;
    }

    private void Separate()
    {
        if (_separate) output.Write(", "u8);
    }

    private void Quote(string value)
    {
        Byte((byte)'"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"': output.Write("\\\""u8); break;
                case '\\': output.Write("\\\\"u8); break;
                case '\n': output.Write("\\n"u8); break;
                case '\r': output.Write("\\r"u8); break;
                case '\t': output.Write("\\t"u8); break;
                case '\b': output.Write("\\b"u8); break;
                case '\f': output.Write("\\f"u8); break;
                case >= ' ' and <= '~': Byte((byte)c); break;
                default: Escape(c); break;
            }
        }
        Byte((byte)'"');
    }

    private void Escape(char c)
    {
        var span = output.GetSpan(6);
        span[0] = (byte)'\\';
        span[1] = (byte)'u';
        for (var i = 0; i < 4; i++) span[2 + i] = "0123456789abcdef"u8[(c >> (12 - (4 * i))) & 0xF];
        output.Advance(6);
    }

    private void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
