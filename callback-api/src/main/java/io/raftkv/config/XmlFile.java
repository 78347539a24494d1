package io.raftkv.config;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads an XML file into nodes. The JDK's own reader is used, whatever else is on the class path: it knows the line of
 * every element, and it is told to resolve nothing from outside. A DOCTYPE is an error, so there are no entities to
 * expand either.
 */
final class XmlFile {
    private final Path file;
    private final XMLStreamReader reader;

    private XmlFile(Path file, XMLStreamReader reader) {
        this.file = file;
        this.reader = reader;
    }

    static ConfigNode read(Path file, byte[] content) {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        factory.setXMLReporter((message, type, info, location) -> {});
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(new ByteArrayInputStream(content));
            return new XmlFile(file, reader).root();
        } catch (XMLStreamException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNumber();
            throw new ConfigException(file, line, null, "is no well-formed XML: " + reason(e) + "; see config/*.xml");
        }
    }

    private ConfigNode root() throws XMLStreamException {
        while (reader.next() != XMLStreamConstants.START_ELEMENT) {
            refuseDoctype();
        }
        ConfigNode root = element(0);
        while (reader.hasNext()) {
            reader.next();
        }
        return root;
    }

    private ConfigNode element(int depth) throws XMLStreamException {
        String key = reader.getLocalName();
        int line = reader.getLocation().getLineNumber();
        if (depth > ConfigNode.MAX_DEPTH) {
            throw new ConfigException(file, line, key, "is nested too deep; see config/*.xml");
        }
        if (reader.getAttributeCount() > 0) {
            String attribute = reader.getAttributeLocalName(0);
            throw new ConfigException(file, line, key, "has the attribute '" + attribute + "'; none are allowed");
        }
        List<ConfigNode> children = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (int event = reader.next(); event != XMLStreamConstants.END_ELEMENT; event = reader.next()) {
            if (event == XMLStreamConstants.START_ELEMENT) {
                children.add(element(depth + 1));
            } else if (event == XMLStreamConstants.CHARACTERS || event == XMLStreamConstants.CDATA) {
                text.append(reader.getText());
            } else if (event == XMLStreamConstants.ENTITY_REFERENCE) {
                throw new ConfigException(
                        file, line, key, "holds an entity; only &amp; &lt; &gt; and such are allowed");
            }
        }
        return new ConfigNode(key, line, text.toString().strip(), children);
    }

    private void refuseDoctype() {
        if (reader.getEventType() == XMLStreamConstants.DTD) {
            int line = reader.getLocation().getLineNumber();
            throw new ConfigException(file, line, "DOCTYPE", "is not allowed; remove it");
        }
    }

    // The JDK puts the place before the reason: "ParseError at [row,col]:[3,5]\nMessage: ...".
    private static String reason(XMLStreamException e) {
        String text = String.valueOf(e.getMessage());
        int start = text.indexOf("Message: ");
        return (start < 0 ? text : text.substring(start + "Message: ".length())).replaceAll("[\\s.]+$", "");
    }
}
