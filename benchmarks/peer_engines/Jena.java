// Apache Jena. Run as: java -cp JARS Jena.java DATA.nt SHAPES.ttl FOUND.tsv

import java.io.PrintWriter;
import org.apache.jena.graph.Graph;
import org.apache.jena.graph.Node;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.shacl.ShaclValidator;
import org.apache.jena.shacl.Shapes;

public class Jena {
    public static void main(String[] files) throws Exception {
        Graph data = RDFDataMgr.loadGraph(files[0]);
        Shapes shapes = Shapes.parse(RDFDataMgr.loadGraph(files[1]));
        try (PrintWriter out = new PrintWriter(files[2], "UTF-8")) {
            ShaclValidator.get().validate(shapes, data).getEntries().forEach(entry ->
                out.println(text(entry.focusNode()) + "\t" + text(entry.sourceConstraintComponent())
                    + "\t" + text(entry.value())));
        }
    }

    private static String text(Node node) {
        String text = node == null ? "" : node.isLiteral() ? node.getLiteralLexicalForm() : node.toString();
        return text.replace("\n", " ");
    }
}
